"""Sequence sets: which messages a command speaks of (RFC 3501 §9, sequence-set)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAR = 0
"""Stands for "*", the highest number in use; 0 itself is never a message."""


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges as the client wrote them, `STAR` where it wrote "*". `is_saved`: it wrote "$", the result of an
    earlier search (RFC 5182), which only the session knows."""

    ranges: tuple[tuple[int, int], ...]
    is_saved: bool = False

    def resolve(self, highest: int) -> list[tuple[int, int]]:
        """Ascending, disjoint, closed ranges with "*" replaced by `highest`."""
        pairs = sorted(tuple(sorted((low or highest, high or highest))) for low, high in self.ranges)
        merged: list[tuple[int, int]] = []
        for low, high in pairs:
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return merged

    def positions_of_numbers(self, count: int) -> list[range]:
        """The 0-based positions in a mailbox of `count` messages, when the set holds sequence numbers.

        Raises IndexError when it names a message that does not exist.
        """
        resolved = self.resolve(count)
        if resolved and (resolved[-1][1] > count or resolved[0][0] < 1):
            raise IndexError(resolved[-1][1])
        return [range(low - 1, high) for low, high in resolved]

    def positions_within(self, count: int) -> list[range]:
        """As `positions_of_numbers`, but numbers that are not in use are passed over."""
        clipped = ((max(low, 1), min(high, count)) for low, high in self.resolve(count))
        return [range(low - 1, high) for low, high in clipped if low <= high]

    def positions_of_uids(self, uids: Sequence[int]) -> list[range]:
        """The 0-based positions in `uids` (ascending), when the set holds UIDs; unknown ones are passed over."""
        if not uids:
            return []
        found = []
        for low, high in self.resolve(uids[-1]):
            start, stop = bisect_left(uids, low), bisect_right(uids, high)
            if start < stop:
                found.append(range(start, stop))
        return found


SAVED_RESULT = SequenceSet((), is_saved=True)


def format_set(numbers: Iterable[int]) -> bytes:
    """Numbers as a sequence set, neighbours joined into ranges, in the order given (COPYUID needs the order)."""
    parts: list[str] = []
    start = last = 0
    for number in numbers:
        if start and number == last + 1:
            last = number
            continue
        if start:
            parts.append(_span(start, last))
        start = last = number
    if start:
        parts.append(_span(start, last))
    return ",".join(parts).encode("ascii")


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}:{high}"
