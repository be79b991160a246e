"""STORE and UID STORE: changing flags (RFC 3501 §6.4.6)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.spans import find_spans
from bundled_server.mailbox.changes import FlagMode, StoreFlags
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.cursor import SYSTEM_FLAGS
from bundled_server.protocols.imap.grammar import SELECTED, Syntax

_MODES = {b"": FlagMode.REPLACE, b"+": FlagMode.ADD, b"-": FlagMode.REMOVE}
_MOST_FLAGS = 64
_LONGEST_FLAG = 255


def checked_flags(flags: frozenset[str]) -> frozenset[str]:
    """Flags that may be kept: \\Recent is the server's own, unknown \\flags are refused."""
    kept = flags - {"\\Recent"}
    if any(flag.startswith("\\") and flag not in SYSTEM_FLAGS for flag in kept):
        raise Refusal("there is no such system flag", status=b"BAD")
    if len(kept) > _MOST_FLAGS or any(len(flag) > _LONGEST_FLAG for flag in kept):
        raise Refusal("too many flags, or too long ones", b"LIMIT")
    return kept


async def _store(context: ImapContext, request: commands.StoreFlags) -> Done:
    await _change(context, request, by_uid=False)
    return Done("STORE completed")


async def _store_by_uid(context: ImapContext, request: commands.StoreFlags) -> Done:
    await _change(context, request, by_uid=True)
    return Done("UID STORE completed")


async def _change(context: ImapContext, request: commands.StoreFlags, *, by_uid: bool) -> None:
    selected = context.writable
    flags = checked_flags(request.flags)
    spans = find_spans(selected, request.messages, by_uid=by_uid)
    uids = tuple(selected.uids_at(spans))
    if not uids:
        return
    change = StoreFlags(selected.mailbox.mailbox_id, uids, _MODES[request.mode], flags)
    await selected.commit(change)
    await selected.refresh()
    selected.remember_own_changes(uids)
    if not request.silent:
        _tell(context, spans, by_uid=by_uid)


def _tell(context: ImapContext, spans: list[range], *, by_uid: bool) -> None:
    selected = context.mailbox
    lines = []
    for span in spans:
        for position, flags in zip(span, selected.flag_texts(span), strict=True):
            uid = b"UID %d " % selected.known.uids[position] if by_uid else b""
            lines.append(b"* %d FETCH (%bFLAGS %b)\r\n" % (position + 1, uid, flags))
    context.machine.send(b"".join(lines))


FEATURE = Feature(
    verbs=(
        Verb(Syntax("STORE", SELECTED, arguments.store), _store, expunges=False),
        Verb(Syntax("UID STORE", SELECTED, arguments.store), _store_by_uid),
    ),
)
