"""The flags of a mailbox's messages as a column of small codes: one look at memory tells who has a flag."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import Final, overload

NARROW: Final = 256  # so many flag sets have codes of one octet, which can be translated and searched as bytes

FlagSet = frozenset[str]


class FlagColumn(Sequence[FlagSet]):
    """A sequence of flag sets. Copies (`column[:]`) share the table of the sets, which only grows; a table that
    outgrew its messages is made anew with the next copy."""

    __slots__ = ("_code_of", "_codes", "_table")

    def __init__(self, flag_sets: Iterable[FlagSet] = ()) -> None:
        self._table: list[FlagSet] = []
        self._code_of: dict[FlagSet, int] = {}
        self._codes: bytearray | array[int] = bytearray()
        self.extend(flag_sets)

    # reading

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[FlagSet]:
        return map(self._table.__getitem__, self._codes)

    @overload
    def __getitem__(self, place: int) -> FlagSet: ...

    @overload
    def __getitem__(self, place: slice) -> FlagColumn: ...

    def __getitem__(self, place: int | slice) -> FlagSet | FlagColumn:
        if isinstance(place, int):
            return self._table[self._codes[place]]
        return self._with(self._codes[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it can change

    def mask(self, holds: Callable[[FlagSet], bool]) -> bytes:
        """One octet for each message: 1 where `holds` is true of its flags, else 0. Asked once for each set."""
        verdicts = bytes(map(holds, self._table))
        if isinstance(self._codes, bytearray):
            return bytes(self._codes.translate(verdicts.ljust(NARROW, b"\0")))
        return bytes(map(verdicts.__getitem__, self._codes))

    def distinct(self) -> list[FlagSet]:
        """Every set that some message has."""
        codes = self._codes
        if isinstance(codes, bytearray):
            return [flags for code, flags in enumerate(self._table) if codes.find(code) >= 0]
        return [self._table[code] for code in set(codes)]

    def kept(self, mask: bytes | bytearray) -> FlagColumn:
        """The column of the messages where the mask is not 0."""
        kept = compress(self._codes, mask)
        return self._with(bytearray(kept) if isinstance(self._codes, bytearray) else array("I", kept))

    # changing

    def __setitem__(self, place: int, flags: FlagSet) -> None:
        code = self._code(flags)  # first: it may widen the codes
        self._codes[place] = code

    def __delitem__(self, place: int) -> None:
        del self._codes[place]

    def extend(self, flag_sets: Iterable[FlagSet]) -> None:
        codes = [self._code(flags) for flags in flag_sets]
        self._codes.extend(codes)

    def _code(self, flags: FlagSet) -> int:
        code = self._code_of.get(flags)
        if code is None:
            code = self._code_of[flags] = len(self._table)
            self._table.append(flags)
        if code >= NARROW and isinstance(self._codes, bytearray):
            self._codes = array("I", self._codes)
        return code

    def _with(self, codes: bytearray | array[int]) -> FlagColumn:
        if len(self._table) > NARROW and len(self._table) > len(codes) // 4:
            return FlagColumn(map(self._table.__getitem__, codes))
        copy = FlagColumn()
        copy._table, copy._code_of, copy._codes = self._table, self._code_of, codes
        return copy
