"""Index snapshots: how one is built from rows, and how the next follows from what a commit changed."""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any, Final, NamedTuple

from bundled_server.mailbox.flag_column import FlagColumn
from bundled_server.mailbox.store import Index, Mailbox, Status

SNAPSHOTS_KEPT: Final = 256
FEW_REMOVALS: Final = 32
EDITS_WAITING: Final = 1000
COLUMNS: Final = ("uids", "modseqs", "content_ids", "sizes", "dates", "flags", "save_dates")


class FlagSets(dict[str, frozenset[str]]):
    """Flag sets by their stored text, one object for each."""

    def __missing__(self, text: str) -> frozenset[str]:
        flags = self[text] = frozenset(text.split(" ")) if text else frozenset()
        return flags


FLAG_SETS: Final = FlagSets()


def flags_text(flags: Iterable[str]) -> str:
    """How a flag set is stored: sorted, with spaces between."""
    return " ".join(sorted(flags))


def interned(flags: Iterable[str]) -> frozenset[str]:
    """The shared object for this flag set."""
    return FLAG_SETS[flags_text(flags)]


class MessageRow(NamedTuple):
    """One message of a mailbox, without its content."""

    uid: int
    modseq: int
    content_id: int
    size_octets: int
    internal_date: float
    flags: frozenset[str]
    save_date: float


@dataclass(frozen=True, slots=True)
class Append:
    """Messages were added, in uid order."""

    rows: list[MessageRow]


@dataclass(frozen=True, slots=True)
class Reflag:
    """Flags by uid became these at `modseq`."""

    modseq: int
    flags: dict[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Remove:
    """Messages went away at `modseq`; uids ascending."""

    modseq: int
    uids: tuple[int, ...]


Edit = Append | Reflag | Remove


def empty_index(highest_modseq: int) -> Index:
    """A mailbox without messages."""
    return Index(
        highest_modseq, array("q"), array("q"), array("q"), array("q"), array("d"), FlagColumn(), array("d")
    )


class _Draft:
    """A snapshot in the making: columns are copied when they first change, the others stay shared."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._own: dict[str, Any] = {}
        self.highest_modseq = index.highest_modseq

    def column(self, name: str) -> Any:
        """A column that may be changed."""
        if name not in self._own:
            self._own[name] = getattr(self._index, name)[:]
        return self._own[name]

    def apply(self, edit: Edit) -> None:
        """What the snapshot knows already changes nothing."""
        match edit:
            case Append(rows):
                self.append([row for row in rows if row.modseq > self.highest_modseq])
            case Reflag(modseq, flags) if modseq > self.highest_modseq:
                self._reflag(modseq, flags)
            case Remove(modseq, uids) if modseq > self.highest_modseq:
                self._remove(modseq, uids)

    def append(self, rows: Sequence[Sequence[Any]]) -> None:
        """Put rows (fields as in MessageRow) behind."""
        if rows:
            self.append_columns(list(zip(*rows, strict=True)))
            self.highest_modseq = max(self.highest_modseq, rows[-1][1])

    def append_columns(self, columns: Sequence[Sequence[Any]]) -> None:
        """Put the fields of some rows behind, each kind by itself."""
        for name, values in zip(COLUMNS, columns, strict=True):
            self.column(name).extend(values)

    def finish(self) -> Index:
        return replace(self._index, highest_modseq=self.highest_modseq, **self._own)

    def _position(self, uid: int) -> int | None:
        uids = self._own.get("uids", self._index.uids)
        position = bisect_left(uids, uid)
        return position if position < len(uids) and uids[position] == uid else None

    def _reflag(self, modseq: int, flags_by_uid: dict[int, frozenset[str]]) -> None:
        modseqs, flags = self.column("modseqs"), self.column("flags")
        for uid, now in flags_by_uid.items():
            position = self._position(uid)
            if position is not None:
                modseqs[position] = modseq
                flags[position] = now
        self.highest_modseq = modseq

    def _remove(self, modseq: int, uids: tuple[int, ...]) -> None:
        positions = [p for p in map(self._position, uids) if p is not None]
        if len(positions) <= FEW_REMOVALS:
            for column in map(self.column, COLUMNS):
                for position in reversed(positions):
                    del column[position]
        else:
            mask = bytearray(b"\x01") * len(self.column("uids"))
            for position in positions:
                mask[position] = 0
            self._own.update((name, _kept(self.column(name), mask)) for name in COLUMNS)
        self.highest_modseq = modseq


def _kept(column: Any, mask: bytearray) -> Any:
    return column.kept(mask) if isinstance(column, FlagColumn) else array(column.typecode, compress(column, mask))


def extended(index: Index, rows: Sequence[Sequence[Any]]) -> Index:
    """`index` with rows (fields as in MessageRow) behind it."""
    draft = _Draft(index)
    draft.append(rows)
    return draft.finish()


def index_of(highest_modseq: int, batches: Iterable[Sequence[Sequence[Any]]]) -> Index:
    """A snapshot from batches of its columns (fields as in MessageRow)."""
    draft = _Draft(empty_index(highest_modseq))
    for columns in batches:
        draft.append_columns(columns)
    return draft.finish()


def edited(index: Index, edits: Iterable[Edit]) -> Index:
    """The snapshot after `edits`."""
    draft = _Draft(index)
    for edit in edits:
        draft.apply(edit)
    return draft.finish()


def status_of(mailbox: Mailbox, index: Index, previous: Status | None = None) -> Status:
    """STATUS's numbers from a snapshot; `previous` was counted on the same one."""
    recent = len(index.uids) - bisect_left(index.uids, mailbox.recent_from)
    if previous is not None:
        return replace(previous, recent=recent)
    return Status(
        messages=len(index.uids),
        recent=recent,
        unseen=index.flags.mask(lambda flags: "\\Seen" not in flags).count(1),
        deleted=index.flags.mask(lambda flags: "\\Deleted" in flags).count(1),
        size_octets=sum(index.sizes),
        uid_next=mailbox.uid_next,
        uid_validity=mailbox.uid_validity,
        highest_modseq=mailbox.highest_modseq,
    )


class Snapshots:
    """The latest snapshot of mailboxes in use. Edits wait beside a snapshot until somebody asks for it."""

    def __init__(self, kept: int = SNAPSHOTS_KEPT) -> None:
        self._kept = kept
        self._indexes: OrderedDict[int, Index] = OrderedDict()
        self._edits: dict[int, list[Edit]] = {}

    def get(self, mailbox_id: int) -> Index | None:
        """The snapshot with every edit noted so far."""
        index = self._indexes.get(mailbox_id)
        if index is None:
            return None
        self._indexes.move_to_end(mailbox_id)
        edits = self._edits[mailbox_id]
        if edits:
            index = self._indexes[mailbox_id] = edited(index, edits)
            edits.clear()
        return index

    def expect(self, mailbox_id: int) -> None:
        """A snapshot is about to be read: keep the edits that come meanwhile."""
        self._edits[mailbox_id] = []

    def put(self, mailbox_id: int, index: Index) -> None:
        """The snapshot that `expect` announced. It is not kept when the mailbox was forgotten meanwhile."""
        if mailbox_id not in self._edits:
            return
        self._indexes[mailbox_id] = index
        while len(self._indexes) > self._kept:
            oldest, _ = self._indexes.popitem(last=False)
            self._edits.pop(oldest, None)

    def note(self, mailbox_id: int, edits: list[Edit]) -> None:
        """A commit did this."""
        waiting = self._edits.get(mailbox_id)
        if waiting is None:
            return
        for edit in edits:
            if isinstance(edit, Append):
                if waiting and isinstance(waiting[-1], Append):
                    waiting[-1].rows.extend(edit.rows)
                else:
                    waiting.append(Append(list(edit.rows)))
            else:
                waiting.append(edit)
        if len(waiting) > EDITS_WAITING and self.get(mailbox_id) is None:
            self.forget(mailbox_id)

    def forget(self, mailbox_id: int) -> None:
        """The mailbox is gone, or changed in a way that nobody described."""
        self._indexes.pop(mailbox_id, None)
        self._edits.pop(mailbox_id, None)

    def forget_all(self) -> None:
        """Another process wrote to the database."""
        self._indexes.clear()
        self._edits.clear()
