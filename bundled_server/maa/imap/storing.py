"""STORE and UID STORE: changing flags (RFC 3501 §6.4.6)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.selected import CONDSTORE, QRESYNC, positions_of
from bundled_server.maa.imap.spans import find_spans, runs
from bundled_server.maa.imap.teaching import teach_by_keywords
from bundled_server.mailbox.changes import FlagMode, StoreFlags
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.cursor import SYSTEM_FLAGS
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.sequences import format_set

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
    return await _change(context, request, by_uid=False)


async def _store_by_uid(context: ImapContext, request: commands.StoreFlags) -> Done:
    return await _change(context, request, by_uid=True)


async def _change(context: ImapContext, request: commands.StoreFlags, *, by_uid: bool) -> Done:
    selected = context.writable
    words = "UID STORE completed" if by_uid else "STORE completed"
    flags = checked_flags(request.flags)
    spans = find_spans(selected, request.messages, by_uid=by_uid)
    if request.unchanged_since is not None:
        context.enable(CONDSTORE)
    uids = tuple(selected.uids_at(spans))
    if not uids:
        return Done(words)
    mode = _MODES[request.mode]
    change = StoreFlags(selected.mailbox.mailbox_id, uids, mode, flags, request.unchanged_since)
    (stored,) = await selected.commit(change)
    await selected.refresh()
    spared = positions_of(stored.refused, selected.known.uids)
    spans = _without(spans, spared) if spared else spans
    selected.remember_own_changes(selected.uids_at(spans))
    teach_by_keywords(context, request, spans)
    if not request.silent or selected.tells_modseqs:
        _tell(context, spans, by_uid=by_uid, silent=request.silent)
    if not spared:
        return Done(words)
    numbers = stored.refused if by_uid else (at + 1 for span in spared for at in span)
    return Done("some were changed meanwhile", b"MODIFIED " + format_set(numbers))


def _without(spans: list[range], spared: list[range]) -> list[range]:
    """RFC 7162 §3.1.3: what changed meanwhile is left alone."""
    left_alone = {at for span in spared for at in span}
    return runs(at for span in spans for at in span if at not in left_alone)


def _tell(context: ImapContext, spans: list[range], *, by_uid: bool, silent: bool) -> None:
    """The new flags, or with .SILENT the new mod-sequences alone, where the client knows of them."""
    selected = context.mailbox
    shows_uid = by_uid or QRESYNC in context.enabled
    lines = [selected.new_keywords()]
    for span in spans:
        for at, flags in zip(span, selected.flag_texts(span), strict=True):
            words = [b"UID %d" % selected.known.uids[at]] if shows_uid else []
            if not silent:
                words.append(b"FLAGS " + flags)
            if selected.tells_modseqs:
                words.append(selected.modseq_text(at)[1:])
            lines.append(b"* %d FETCH (%b)\r\n" % (at + 1, b" ".join(words)))
    context.machine.send(b"".join(lines))


FEATURE = Feature(
    verbs=(
        Verb(Syntax("STORE", SELECTED, arguments.store), _store, expunges=False),
        Verb(Syntax("UID STORE", SELECTED, arguments.store), _store_by_uid),
    ),
)
