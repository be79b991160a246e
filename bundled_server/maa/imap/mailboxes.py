"""Commands that change which mailboxes there are: CREATE DELETE RENAME (RFC 3501 §6.3.3-6.3.5)."""

from typing import cast

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.objects import mailbox_id_text
from bundled_server.maa.imap.patterns import INBOX, SEPARATOR, canonical, is_below, parents
from bundled_server.mailbox.changes import CopyMessages, CreateMailbox, DeleteMailbox, RenameMailbox
from bundled_server.mailbox.names import why_not
from bundled_server.mailbox.store import Mailbox, MailboxExists
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax

_SPECIAL_USES = {
    name.lower().encode("ascii"): name
    for name in ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")
}


def new_name(context: ImapContext, octets: bytes) -> str:
    """The name of a mailbox to be made. Refused: empty levels, `.` and `..`, control characters, wildcards,
    too long or too deep ones. A "/" at the end only tells that inferiors will follow."""
    name = canonical(context.name_text(octets).removesuffix(SEPARATOR))
    fault = why_not(name, context.service.settings.limits.imap_mailbox_name_octets)
    if fault:
        raise Refusal(fault, b"CANNOT")
    return name


async def _existing(context: ImapContext) -> dict[str, Mailbox]:
    return {mailbox.name: mailbox for mailbox in await context.service.store.mailboxes(context.owner)}


async def _create(context: ImapContext, request: commands.Create) -> Done:
    name = new_name(context, request.mailbox)
    special_use = _special_use(request.uses)
    existing = await _existing(context)
    if name in existing:
        raise Refusal("the mailbox exists", b"ALREADYEXISTS")
    missing = [level for level in (*parents(name), name) if level not in existing]
    if len(existing) + len(missing) > context.service.settings.limits.imap_mailboxes:
        raise Refusal("there are too many mailboxes", b"LIMIT")
    made = await _make(context, missing, special_use)
    if context.is_rev2:
        _tell_changed_name(context, name, request.mailbox)
    return Done("CREATE completed", b"MAILBOXID (%b)" % mailbox_id_text(made.mailbox_id))


def _tell_changed_name(context: ImapContext, name: str, asked_for: bytes) -> None:
    """RFC 9051 §6.3.4: a name that became another one on its way in."""
    asked = asked_for.decode("utf-8", "replace").removesuffix(SEPARATOR)
    if asked != name:
        _tell_old_name(context, name, asked)


def _tell_old_name(context: ImapContext, name: str, old: str) -> None:
    old_octets = context.name_octets(old)
    context.untagged(b'LIST () "/" %b ("OLDNAME" (%b))' % (context.name_octets(name), old_octets))


def _special_use(uses: tuple[bytes, ...]) -> str:
    unknown = [use for use in uses if use.lower() not in _SPECIAL_USES]
    if unknown:
        raise Refusal("there is no such special use", b"USEATTR")  # RFC 6154 §3
    return " ".join(dict.fromkeys(_SPECIAL_USES[use.lower()] for use in uses))


async def _make(context: ImapContext, missing: list[str], special_use: str = "") -> Mailbox:
    """Make the mailboxes; answers the last of them, which gets the special use."""
    changes = [CreateMailbox(context.owner, name) for name in missing[:-1]]
    changes.append(CreateMailbox(context.owner, missing[-1], special_use))
    try:
        *_, last = await context.service.store.commit(*changes)
        return cast(Mailbox, last)
    except MailboxExists as error:
        raise Refusal("the mailbox exists", b"ALREADYEXISTS") from error


async def _delete(context: ImapContext, request: commands.MailboxName) -> Done:
    """Inferiors stay; the name then is a \\Noselect level until they are gone too."""
    mailbox = await context.find(request.mailbox, to_write=True)
    if mailbox.name == INBOX:
        raise Refusal("INBOX cannot be deleted", b"CANNOT")
    if context.selected is not None and context.selected.mailbox.mailbox_id == mailbox.mailbox_id:
        context.leave_mailbox()
    await context.service.store.commit(DeleteMailbox(mailbox.mailbox_id))
    return Done("DELETE completed")


async def _rename(context: ImapContext, request: commands.Rename) -> Done:
    source = canonical(context.name_text(request.source)).removesuffix(SEPARATOR)
    target = new_name(context, request.target)
    existing = await _existing(context)
    moved = [name for name in existing if name == source or is_below(name, source)]
    if not moved:
        raise Refusal("there is no such mailbox", b"NONEXISTENT")
    if target in existing or any(is_below(name, target) for name in existing):
        raise Refusal("the mailbox exists", b"ALREADYEXISTS")
    if is_below(target, source) and source != INBOX:
        raise Refusal("a mailbox cannot be moved below itself", b"CANNOT")
    missing = [level for level in parents(target) if level not in existing]
    if source == INBOX:
        await _empty_inbox_into(context, existing[INBOX], target, missing)
        return Done("RENAME completed")
    longest = max(len((target + name[len(source) :]).encode("utf-8")) for name in moved)
    if longest > context.service.settings.limits.imap_mailbox_name_octets:
        raise Refusal("the name of an inferior would be too long", b"CANNOT")
    makings = [CreateMailbox(context.owner, name) for name in missing]
    renamings = [RenameMailbox(existing[name].mailbox_id, target + name[len(source) :]) for name in moved]
    try:
        await context.service.store.commit(*makings, *renamings)
    except MailboxExists as error:
        raise Refusal("the mailbox exists", b"ALREADYEXISTS") from error
    if context.is_rev2:
        _tell_old_name(context, target, source)
    return Done("RENAME completed")


async def _empty_inbox_into(context: ImapContext, inbox: Mailbox, target: str, missing: list[str]) -> None:
    """RENAME INBOX moves its messages to a new mailbox; INBOX and its inferiors stay (RFC 3501 §6.3.5)."""
    store = context.service.store
    made = await _make(context, [*missing, target])
    uids = tuple((await store.index(inbox.mailbox_id)).uids)
    if uids:
        await store.commit(CopyMessages(inbox.mailbox_id, uids, made.mailbox_id, remove=True))
    if context.selected is not None:
        context.selected.is_stale = True


FEATURE = Feature(
    verbs=(
        Verb(Syntax("CREATE", AFTER_LOGIN, arguments.create), _create),
        Verb(Syntax("DELETE", AFTER_LOGIN, arguments.mailbox), _delete),
        Verb(Syntax("RENAME", AFTER_LOGIN, arguments.rename), _rename),
    ),
    capabilities=(b"CREATE-SPECIAL-USE",),
)
