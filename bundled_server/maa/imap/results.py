"""What SEARCH and SORT answer: the list of RFC 3501, or what RETURN asked for (RFC 4731, RFC 5182, RFC 5267)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from bundled_server.maa.imap.context import ImapContext
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.maa.imap.spans import pick
from bundled_server.maa.imap.verdicts import REMEMBERED
from bundled_server.protocols.imap.responses import string
from bundled_server.protocols.imap.sequences import format_set

Options = frozenset[bytes] | None
_ALL = frozenset((b"ALL",))


@dataclass(frozen=True, slots=True)
class Result:
    """Positions in the order in which they are told; `shows_modseq` when a key asked about mod-sequences."""

    positions: Sequence[int]
    by_uid: bool
    shows_modseq: bool = False


@contextmanager
def forgetting_saved(selected: SelectedMailbox, options: Options) -> Iterator[None]:
    """A search that was to be saved and fails leaves an empty result (RFC 5182 §2.1)."""
    try:
        yield
    except Exception:
        if options is not None and b"SAVE" in options:
            selected.saved = ()
        raise


def give_result(context: ImapContext, name: bytes, result: Result, options: Options) -> None:
    """Tell and save what was found; `name` is the command's."""
    selected, positions = context.mailbox, result.positions
    if options is None and context.is_rev2 and name == b"SEARCH":
        options = _ALL  # RFC 9051 §6.4.4
    if options is not None and b"SAVE" in options:
        selected.saved = sorted(pick(selected.known.uids, _singled_out(positions, options)))
        if options == {b"SAVE"}:
            return
    if options is None:
        if isinstance(positions, tuple) and not result.by_uid:
            told = _told_before(positions)
        else:
            told = _listed(_numbers(selected, positions, by_uid=result.by_uid))
        context.untagged(name + told + _modseq(b" (MODSEQ %d)", selected, result, positions))
        return
    words = [b"ESEARCH (TAG %b)" % string(context.tag)]
    if result.by_uid:
        words.append(b"UID")
    words += _asked_for(selected, result, options)
    modseq = _modseq(b"MODSEQ %d", selected, result, _singled_out(positions, options))
    context.untagged(b" ".join([*words, modseq] if modseq else words))


def _listed(numbers: Sequence[int]) -> bytes:
    """` 1 2 3`: the text of a whole list is made in half the time of its numbers' texts."""
    text = repr(list(numbers))[1:-1].replace(",", "")
    return b" " + text.encode("ascii") if text else b""


@lru_cache(maxsize=REMEMBERED)
def _told_before(positions: tuple[int, ...]) -> bytes:
    """The same question often has the same answer."""
    return _listed([position + 1 for position in positions])


def _asked_for(selected: SelectedMailbox, result: Result, options: frozenset[bytes]) -> list[bytes]:
    words = []
    if result.positions:
        for option, at in ((b"MIN", 0), (b"MAX", -1)):
            if option in options:
                (number,) = _numbers(selected, [result.positions[at]], by_uid=result.by_uid)
                words.append(b"%b %d" % (option, number))
        if b"ALL" in options:
            words.append(b"ALL " + format_set(_numbers(selected, result.positions, by_uid=result.by_uid)))
    if b"COUNT" in options:
        words.append(b"COUNT %d" % len(result.positions))
    return words


def _singled_out(positions: Sequence[int], options: frozenset[bytes]) -> Sequence[int]:
    """What MODSEQ speaks of (RFC 4731 §3.2) and what SAVE keeps (RFC 5182 §2.1): the first or last message when
    only they were asked for, else all."""
    if not positions or options & {b"ALL", b"COUNT"} or not options & {b"MIN", b"MAX"}:
        return positions
    ends = [positions[0]] if b"MIN" in options else []
    if b"MAX" in options and (not ends or positions[-1] != ends[0]):
        ends.append(positions[-1])
    return ends


def _modseq(template: bytes, selected: SelectedMailbox, result: Result, positions: Sequence[int]) -> bytes:
    if not result.shows_modseq or not positions:
        return b""
    return template % max(selected.modseqs_at(positions))


def _numbers(selected: SelectedMailbox, positions: Sequence[int], *, by_uid: bool) -> Sequence[int]:
    return pick(selected.known.uids, positions) if by_uid else [position + 1 for position in positions]
