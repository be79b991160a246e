"""The selected mailbox as one client knows it: sequence numbers over a snapshot that all sessions share."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from bundled_server.mailbox.changes import Change, ClaimRecent
from bundled_server.mailbox.store import Index, Mailbox, Store
from bundled_server.protocols.imap.cursor import SYSTEM_FLAGS
from bundled_server.protocols.imap.responses import flag_list
from bundled_server.protocols.imap.sequences import SequenceSet, format_set

RECENT = "\\Recent"
CONDSTORE = b"CONDSTORE"
QRESYNC = b"QRESYNC"
IMAP4REV2 = b"IMAP4rev2"
_STRIDE = 256
_RECENT_RANGES = 63


class FlagTexts(dict[frozenset[str], bytes]):
    """Flag sets as FETCH sends them, each formatted once."""

    def __missing__(self, flags: frozenset[str]) -> bytes:
        if len(self) > 4096:
            self.clear()
        text = self[flags] = flag_list(flags)
        return text


FLAG_TEXTS = FlagTexts()


@dataclass(frozen=True, slots=True)
class Differences:
    """From one snapshot to a later one: `expunged` are positions in the earlier, `changed` in the later."""

    expunged: tuple[int, ...]
    changed: tuple[int, ...]
    added: int


def compare(earlier: Index, later: Index) -> Differences:
    """What happened between two snapshots; equal stretches are compared as memory."""
    expunged: list[int] = []
    changed: list[int] = []
    here = there = 0
    count = len(earlier.uids)
    while here < count:
        stride = min(_STRIDE, count - here)
        if (
            earlier.uids[here : here + stride] == later.uids[there : there + stride]
            and earlier.modseqs[here : here + stride] == later.modseqs[there : there + stride]
        ):
            here += stride
            there += stride
            continue
        for position in range(here, here + stride):
            if there >= len(later.uids) or earlier.uids[position] != later.uids[there]:
                expunged.append(position)
                continue
            if earlier.modseqs[position] != later.modseqs[there]:
                changed.append(there)
            there += 1
        here += stride
    return Differences(tuple(expunged), tuple(changed), len(later.uids) - there)


def positions_of(wanted: Sequence[int], uids: Sequence[int]) -> list[range]:
    """Runs of positions of those UIDs that are there; both ascending."""
    found: list[range] = []
    for uid in wanted:
        position = bisect_left(uids, uid)
        if position < len(uids) and uids[position] == uid:
            if found and found[-1].stop == position:
                found[-1] = range(found[-1].start, position + 1)
            else:
                found.append(range(position, position + 1))
    return found


@dataclass(slots=True)
class SelectedMailbox:
    """`known` is what the client was told, `current` what the store says now. They are the same object almost
    always; they differ while another client's expunge may not be reported yet (RFC 3501 §7.4.1). `enabled` are the
    extensions that change what is told, `saved` the UIDs that "$" stands for (RFC 5182)."""

    store: Store
    mailbox: Mailbox
    known: Index
    current: Index
    read_only: bool
    recent: list[tuple[int, int]]
    is_stale: bool = False
    is_aligned: bool = True
    has_unclaimed: bool = False
    own_changes: dict[int, int] = field(default_factory=dict)
    gone: dict[int, tuple[frozenset[str], int]] = field(default_factory=dict)
    stop_watching: Callable[[], None] = lambda: None
    enabled: AbstractSet[bytes] = frozenset()
    saved: Sequence[int] = ()
    told_keywords: AbstractSet[str] | None = None
    keywords_of: Index | None = None

    # what the client knows

    @property
    def count(self) -> int:
        return len(self.known.uids)

    @property
    def tells_modseqs(self) -> bool:
        """Whether unasked FETCH responses carry MODSEQ (RFC 7162 §3.1)."""
        return CONDSTORE in self.enabled

    @property
    def highest_modseq(self) -> int:
        """HIGHESTMODSEQ of what the client was told; never 0, which means none (RFC 7162 §3.1.2.2)."""
        return max(self.known.highest_modseq, 1)

    def ranges(self, messages: SequenceSet, *, by_uid: bool) -> list[range]:
        """Positions of a set; IndexError for a sequence number that is not in use."""
        if messages.is_saved:
            return positions_of(self.saved, self.known.uids)
        if by_uid:
            return messages.positions_of_uids(self.known.uids)
        return messages.positions_of_numbers(self.count)

    def ranges_now(self, uids: SequenceSet) -> list[range]:
        """Positions in `current` of a set of UIDs."""
        if uids.is_saved:
            return positions_of(self.saved, self.current.uids)
        return uids.positions_of_uids(self.current.uids)

    def uids_at(self, ranges: Sequence[range]) -> "array[int]":
        uids: array[int] = array(self.known.uids.typecode)
        for span in ranges:
            uids += self.known.uids[span.start : span.stop]
        return uids

    @property
    def shows_recent(self) -> bool:
        """IMAP4rev2 knows no \\Recent (RFC 9051 Appendix E)."""
        return IMAP4REV2 not in self.enabled

    def is_recent(self, uid: int) -> bool:
        return self.shows_recent and any(low <= uid <= high for low, high in self.recent)

    def recent_count(self) -> int:
        uids = self.known.uids
        return sum(bisect_left(uids, high + 1) - bisect_left(uids, low) for low, high in self.recent)

    # what the store says

    async def refresh(self) -> None:
        """Look at the store again if it called."""
        if self.is_stale:
            self.is_stale = False
            earlier, self.current = self.current, await self.store.index(self.mailbox.mailbox_id)
            self.is_aligned = self.current.uids[: self.count] == self.known.uids
            if not self.is_aligned and earlier is not self.known:
                self._remember_gone(earlier)

    def _remember_gone(self, earlier: Index) -> None:
        """The client may have heard newer flags than `known` has of messages that are gone now: they stay true."""
        for uid in set(earlier.uids).difference(self.current.uids):
            position = bisect_left(earlier.uids, uid)
            self.gone[uid] = (earlier.flags[position], earlier.modseqs[position])

    async def commit(self, *changes: Change) -> tuple[Any, ...]:
        """Commit, and look again before answering: the store's call may come after its answer."""
        try:
            return await self.store.commit(*changes)
        finally:
            self.is_stale = True

    def position_now(self, uid: int) -> int | None:
        """Where a uid stands in `current`, None when it is gone."""
        uids = self.current.uids
        position = bisect_left(uids, uid)
        return position if position < len(uids) and uids[position] == uid else None

    def flags_at(self, position: int) -> frozenset[str]:
        """The flags of a known message as they are now, or were when it was last seen."""
        if self.is_aligned:
            return self.current.flags[position]
        now = self.position_now(self.known.uids[position])
        if now is not None:
            return self.current.flags[now]
        gone = self.gone.get(self.known.uids[position])
        return self.known.flags[position] if gone is None else gone[0]

    def modseq_at(self, position: int) -> int:
        """The modseq that belongs to `flags_at`."""
        if self.is_aligned:
            return self.current.modseqs[position]
        now = self.position_now(self.known.uids[position])
        if now is not None:
            return self.current.modseqs[now]
        gone = self.gone.get(self.known.uids[position])
        return self.known.modseqs[position] if gone is None else gone[1]

    def modseqs_at(self, positions: Sequence[int]) -> Iterable[int]:
        """`modseq_at` for many."""
        if isinstance(positions, range) and self.is_aligned:
            return self.current.modseqs[positions.start : positions.stop]
        return map(self.modseq_at, positions)

    def modseq_text(self, position: int) -> bytes:
        """` MODSEQ (n)` for responses nobody asked for, b"" where the client does not know of it."""
        return b" MODSEQ (%d)" % self.modseq_at(position) if self.tells_modseqs else b""

    def flag_texts(self, positions: Sequence[int]) -> Iterable[bytes]:
        """`(\\Seen …)` for known messages, with this session's \\Recent."""
        if isinstance(positions, range) and self.is_aligned and not self._touches_recent(positions):
            return map(FLAG_TEXTS.__getitem__, self.current.flags[positions.start : positions.stop])
        return map(self.flag_text, positions)

    def flag_text(self, position: int) -> bytes:
        flags = self.flags_at(position)
        return FLAG_TEXTS[flags | {RECENT} if self.is_recent(self.known.uids[position]) else flags]

    def is_gone(self, position: int) -> bool:
        """Whether another client expunged a message that this one still counts."""
        return not self.is_aligned and self.position_now(self.known.uids[position]) is None

    def gone_in(self, span: Sequence[int]) -> list[int]:
        """Those of some positions that `is_gone` is true for."""
        return [] if self.is_aligned else [position for position in span if self.is_gone(position)]

    def remember_own_changes(self, uids: Sequence[int]) -> None:
        """The client knows the present flags of these messages: do not tell it again."""
        for uid in uids:
            position = self.position_now(uid)
            if position is not None:
                self.own_changes[uid] = self.current.modseqs[position]

    # telling

    def new_keywords(self) -> bytes:
        """FLAGS and PERMANENTFLAGS, at first and whenever a message has a keyword that the client has not heard of
        (RFC 3501 §7.2.6)."""
        if self.keywords_of is self.current:
            return b""
        self.keywords_of = self.current
        keywords = frozenset(chain.from_iterable(self.current.flags.distinct())).difference(SYSTEM_FLAGS)
        if self.told_keywords is not None and keywords <= self.told_keywords:
            return b""
        self.told_keywords = keywords.union(self.told_keywords or ())
        names = " ".join((*SYSTEM_FLAGS, *sorted(self.told_keywords))).encode("ascii")
        permanent = b"()" if self.read_only else b"(%b \\*)" % names
        return b"* FLAGS (%b)\r\n* OK [PERMANENTFLAGS %b] flags that are kept\r\n" % (names, permanent)

    async def updates(self, *, expunges: bool) -> bytes:
        """What happened, as untagged responses. Nothing while a message is gone and may not be reported so:
        sequence numbers keep their meaning until it is."""
        await self.refresh()
        if self.current is self.known or not (expunges or self.is_aligned):
            return b""
        news = compare(self.known, self.current)
        lines = [*self._expunge_lines(news.expunged), self.new_keywords()]
        self.known, self.is_aligned = self.current, True
        self.gone.clear()
        if news.added:
            lines.append(b"* %d EXISTS\r\n" % self.count)
            self.has_unclaimed = not self.read_only
        lines += self._flag_lines(news.changed)
        self.own_changes.clear()
        return b"".join(lines)

    async def claim_recent(self) -> bytes:
        """Make \\Recent ours for what came since the last claim; answers the RECENT response."""
        self.has_unclaimed = False
        (claimed,) = await self.commit(ClaimRecent(self.mailbox.mailbox_id))
        await self.refresh()
        self.note_recent(claimed)
        return b"* %d RECENT\r\n" % self.recent_count() if self.shows_recent else b""

    def note_recent(self, claimed: range) -> None:
        """These UIDs are \\Recent in this session, and in no other."""
        if claimed:
            self.recent = [*self.recent[-_RECENT_RANGES:], (claimed.start, claimed.stop - 1)]

    def _expunge_lines(self, expunged: Sequence[int]) -> list[bytes]:
        """VANISHED takes the place of EXPUNGE (RFC 7162 §3.2.10.2)."""
        if QRESYNC not in self.enabled:
            return [b"* %d EXPUNGE\r\n" % (position + 1) for position in reversed(expunged)]
        uids = [self.known.uids[position] for position in expunged]
        return [b"* VANISHED %b\r\n" % format_set(uids)] if uids else []

    def _flag_lines(self, changed: Sequence[int]) -> list[bytes]:
        lines = []
        for position in changed:
            uid = self.known.uids[position]
            if self.own_changes.get(uid) != self.known.modseqs[position]:
                text = self.flag_text(position) + self.modseq_text(position)
                lines.append(b"* %d FETCH (UID %d FLAGS %b)\r\n" % (position + 1, uid, text))
        return lines

    def _touches_recent(self, span: range) -> bool:
        if not self.recent or not span or not self.shows_recent:
            return False
        low, high = self.known.uids[span.start], self.known.uids[span.stop - 1]
        return any(low <= last and first <= high for first, last in self.recent)
