"""The list of names a user wants to see: SUBSCRIBE UNSUBSCRIBE LSUB (RFC 3501 §6.3.6, §6.3.7, §6.3.9)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.patterns import LONGEST_PATTERN, SEPARATOR, canonical, inbox_first, matches, parents
from bundled_server.mailbox.changes import Subscribe
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax


async def _list_subscribed(context: ImapContext, request: commands.ListMailboxes) -> Done:
    if len(request.pattern) + len(request.reference) > LONGEST_PATTERN:
        raise Refusal("the pattern is too long")
    pattern = context.pattern_text(request.reference, request.pattern)
    store = context.service.store
    subscribed = {canonical(name) for name in await store.subscriptions(context.owner)}
    existing = {mailbox.name for mailbox in await store.mailboxes(context.owner)}
    listed = {name for name in subscribed if matches(pattern, name)}
    # RFC 3501 §6.3.9: "%" shows the parent of a subscribed name that it cannot reach itself
    hinted = {parent for name in subscribed - listed for parent in parents(name) if matches(pattern, parent)}
    for name in sorted(listed | hinted, key=inbox_first):
        attributes = b"" if name in listed and name in existing else b"\\Noselect"
        context.untagged(b'LSUB (%b) "/" %b' % (attributes, context.name_octets(name)))
    return Done("LSUB completed")


async def _subscribe(context: ImapContext, request: commands.MailboxName) -> Done:
    name = canonical(context.name_text(request.mailbox)).rstrip(SEPARATOR)
    limits = context.service.settings.limits
    if not name or len(name.encode()) > limits.imap_mailbox_name_octets:
        raise Refusal("this is no mailbox name", b"CANNOT")
    if len(await context.service.store.subscriptions(context.owner)) >= limits.imap_mailboxes:
        raise Refusal("there are too many subscriptions", b"LIMIT")
    await context.service.store.commit(Subscribe(context.owner, name, True))
    return Done("SUBSCRIBE completed")


async def _unsubscribe(context: ImapContext, request: commands.MailboxName) -> Done:
    name = canonical(context.name_text(request.mailbox)).rstrip(SEPARATOR)
    await context.service.store.commit(Subscribe(context.owner, name, False))
    return Done("UNSUBSCRIBE completed")


FEATURE = Feature(
    verbs=(
        Verb(Syntax("LSUB", AFTER_LOGIN, arguments.list_mailboxes), _list_subscribed),
        Verb(Syntax("SUBSCRIBE", AFTER_LOGIN, arguments.mailbox), _subscribe),
        Verb(Syntax("UNSUBSCRIBE", AFTER_LOGIN, arguments.mailbox), _unsubscribe),
    ),
)
