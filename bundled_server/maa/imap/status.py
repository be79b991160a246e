"""STATUS, by itself and within LIST (RFC 3501 §6.3.10, RFC 5819, RFC 7162, RFC 7889, RFC 8438, RFC 8474)."""

from collections.abc import Callable
from itertools import compress

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Verb
from bundled_server.maa.imap.objects import mailbox_id_text
from bundled_server.maa.imap.selected import CONDSTORE
from bundled_server.mailbox.store import Mailbox, Status
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax

_NUMBERS: dict[bytes, Callable[[Status], int]] = {
    b"MESSAGES": lambda status: status.messages,
    b"RECENT": lambda status: status.recent,
    b"UIDNEXT": lambda status: status.uid_next,
    b"UIDVALIDITY": lambda status: status.uid_validity,
    b"UNSEEN": lambda status: status.unseen,
    b"DELETED": lambda status: status.deleted,
    b"SIZE": lambda status: status.size_octets,
    b"HIGHESTMODSEQ": lambda status: max(status.highest_modseq, 1),
}


async def tell_status(context: ImapContext, mailbox: Mailbox, items: tuple[bytes, ...]) -> None:
    """Send the STATUS response. Raises NoSuchMailbox."""
    if b"HIGHESTMODSEQ" in items:
        context.enable(CONDSTORE)
    status = await context.service.store.status(mailbox.mailbox_id)
    values = [(item, _value(context, mailbox, status, item)) for item in items if item != b"DELETED-STORAGE"]
    if b"DELETED-STORAGE" in items:
        values.append((b"DELETED-STORAGE", b"%d" % await _deleted_octets(context, mailbox)))
    pairs = b" ".join(b"%b %b" % pair for pair in values)
    context.untagged(b"STATUS %b (%b)" % (context.name_octets(mailbox.name), pairs))


async def _deleted_octets(context: ImapContext, mailbox: Mailbox) -> int:
    """What EXPUNGE would free (RFC 9208 §4.1.4)."""
    index = await context.service.store.index(mailbox.mailbox_id)
    return sum(compress(index.sizes, index.flags.mask(lambda flags: "\\Deleted" in flags)))


def _value(context: ImapContext, mailbox: Mailbox, status: Status, item: bytes) -> bytes:
    match item:
        case b"APPENDLIMIT":
            return b"%d" % context.service.settings.limits.message_size_octets
        case b"MAILBOXID":
            return b"(%b)" % mailbox_id_text(mailbox.mailbox_id)
        case _:
            return b"%d" % _NUMBERS[item](status)


async def _status(context: ImapContext, request: commands.StatusOf) -> Done:
    await tell_status(context, await context.find(request.mailbox), request.items)
    return Done("STATUS completed")


FEATURE = Feature(
    verbs=(Verb(Syntax("STATUS", AFTER_LOGIN, arguments.status), _status),),
    capabilities=(b"STATUS=SIZE",),
)
