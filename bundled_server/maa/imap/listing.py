"""Commands that tell which mailboxes there are: LIST LSUB SUBSCRIBE UNSUBSCRIBE STATUS NAMESPACE."""

import asyncio
from collections.abc import Iterable

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb, mailbox_text
from bundled_server.maa.imap.patterns import SEPARATOR, canonical, matches, parents
from bundled_server.maa.imap.selected import CONDSTORE
from bundled_server.mailbox.changes import Subscribe
from bundled_server.mailbox.store import Mailbox, Status
from bundled_server.protocols.imap import arguments, commands, names
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax
from bundled_server.protocols.imap.responses import astring

_SEPARATOR = b'"/"'
_LONGEST_PATTERN = 1000
_NAMES_AT_ONCE = 50


async def _list(context: ImapContext, request: commands.ListMailboxes) -> Done:
    if not request.pattern:  # RFC 3501 §6.3.8: asks for the separator and the root
        context.untagged(b'LIST (\\Noselect) %b ""' % _SEPARATOR)
        return Done("LIST completed")
    pattern = _full_pattern(request)
    mailboxes = {mailbox.name: mailbox for mailbox in await context.service.store.mailboxes(context.owner)}
    with_parents = _with_parents(mailboxes)
    inner = {parent for name in with_parents for parent in parents(name)}
    for number, name in enumerate(sorted(with_parents, key=_inbox_first)):
        if not number % _NAMES_AT_ONCE:
            await asyncio.sleep(0)  # others' turn
        if matches(pattern, name):
            attributes = _attributes(mailboxes.get(name), has_children=name in inner)
            context.untagged(b"LIST (%b) %b %b" % (attributes, _SEPARATOR, astring(names.encode(name))))
    return Done("LIST completed")


async def _list_subscribed(context: ImapContext, request: commands.ListMailboxes) -> Done:
    pattern = _full_pattern(request)
    store = context.service.store
    subscribed = {canonical(name) for name in await store.subscriptions(context.owner)}
    existing = {mailbox.name for mailbox in await store.mailboxes(context.owner)}
    listed = {name for name in subscribed if matches(pattern, name)}
    # RFC 3501 §6.3.9: "%" shows the parent of a subscribed name that it cannot reach itself
    hinted = {parent for name in subscribed - listed for parent in parents(name) if matches(pattern, parent)}
    for name in sorted(listed | hinted, key=_inbox_first):
        attributes = b"" if name in listed and name in existing else b"\\Noselect"
        context.untagged(b"LSUB (%b) %b %b" % (attributes, _SEPARATOR, astring(names.encode(name))))
    return Done("LSUB completed")


def _full_pattern(request: commands.ListMailboxes) -> str:
    if len(request.pattern) + len(request.reference) > _LONGEST_PATTERN:
        raise Refusal("the pattern is too long")
    return canonical(mailbox_text(request.reference) + mailbox_text(request.pattern))


def _with_parents(mailboxes: Iterable[str]) -> set[str]:
    """Names of mailboxes, and of the levels above them that are no mailboxes themselves."""
    found = set(mailboxes)
    for name in tuple(found):
        found.update(parents(name))
    return found


def _attributes(mailbox: Mailbox | None, *, has_children: bool) -> bytes:
    words = [b"\\HasChildren" if has_children else b"\\HasNoChildren"]
    if mailbox is None:
        words.insert(0, b"\\Noselect")
    elif mailbox.special_use:
        words.append(mailbox.special_use.encode("ascii"))
    return b" ".join(words)


def _inbox_first(name: str) -> tuple[bool, str]:
    return name != "INBOX", name


async def _subscribe(context: ImapContext, request: commands.MailboxName) -> Done:
    name = canonical(mailbox_text(request.mailbox)).rstrip(SEPARATOR)
    limits = context.service.settings.limits
    if not name or len(name.encode()) > limits.imap_mailbox_name_octets:
        raise Refusal("this is no mailbox name", b"CANNOT")
    if len(await context.service.store.subscriptions(context.owner)) >= limits.imap_mailboxes:
        raise Refusal("there are too many subscriptions", b"LIMIT")
    await context.service.store.commit(Subscribe(context.owner, name, True))
    return Done("SUBSCRIBE completed")


async def _unsubscribe(context: ImapContext, request: commands.MailboxName) -> Done:
    name = canonical(mailbox_text(request.mailbox)).rstrip(SEPARATOR)
    await context.service.store.commit(Subscribe(context.owner, name, False))
    return Done("UNSUBSCRIBE completed")


async def _status(context: ImapContext, request: commands.StatusOf) -> Done:
    mailbox = await context.find(request.mailbox)
    if b"HIGHESTMODSEQ" in request.items:
        context.enable(CONDSTORE)
    status = await context.service.store.status(mailbox.mailbox_id)
    pairs = b" ".join(b"%b %d" % (item, _number(status, item)) for item in request.items)
    context.untagged(b"STATUS %b (%b)" % (astring(names.encode(mailbox.name)), pairs))
    return Done("STATUS completed")


def _number(status: Status, item: bytes) -> int:
    match item:
        case b"MESSAGES":
            return status.messages
        case b"RECENT":
            return status.recent
        case b"UIDNEXT":
            return status.uid_next
        case b"UIDVALIDITY":
            return status.uid_validity
        case b"HIGHESTMODSEQ":
            return max(status.highest_modseq, 1)
        case _:
            return status.unseen


async def _namespace(context: ImapContext, _: commands.Nothing) -> Done:
    context.untagged(b'NAMESPACE (("" "/")) NIL NIL')
    return Done("NAMESPACE completed")


FEATURE = Feature(
    verbs=(
        Verb(Syntax("LIST", AFTER_LOGIN, arguments.list_mailboxes), _list),
        Verb(Syntax("LSUB", AFTER_LOGIN, arguments.list_mailboxes), _list_subscribed),
        Verb(Syntax("SUBSCRIBE", AFTER_LOGIN, arguments.mailbox), _subscribe),
        Verb(Syntax("UNSUBSCRIBE", AFTER_LOGIN, arguments.mailbox), _unsubscribe),
        Verb(Syntax("STATUS", AFTER_LOGIN, arguments.status), _status),
        Verb(Syntax("NAMESPACE", AFTER_LOGIN, arguments.nothing), _namespace),
    ),
    capabilities=(b"NAMESPACE", b"CHILDREN", b"SPECIAL-USE"),
)
