"""What is known of every message at once: one octet for each in a long integer, so that whole mailboxes are
compared in a few steps of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Final

FEW: Final = 32  # of so many messages one in this is few
REMEMBERED: Final = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """`yes` has 1 in the octet of each message for which a key holds, `unread` has 1 where only reading the
    message can tell. No message has both."""

    yes: int
    unread: int = 0

    def __and__(self, other: Verdict) -> Verdict:
        possible = (self.yes | self.unread) & (other.yes | other.unread)
        yes = self.yes & other.yes
        return Verdict(yes, possible ^ yes)

    def __or__(self, other: Verdict) -> Verdict:
        yes = self.yes | other.yes
        unread = self.unread | other.unread
        return Verdict(yes, unread ^ (unread & yes))

    def inverted(self, count: int) -> Verdict:
        return Verdict(everyone(count) ^ (self.yes | self.unread), self.unread)


def everyone(count: int) -> int:
    """1 for each message."""
    return int.from_bytes(b"\1" * count, "little")


def of_mask(mask: bytes | bytearray) -> int:
    """A verdict's number from octets that are 0 or 1, one for each message."""
    return int.from_bytes(mask, "little")


def of_truths(truths: Iterable[bool]) -> int:
    """A verdict's number from a truth for each message."""
    return int.from_bytes(bytes(truths), "little")


def of_spans(spans: Iterable[range], count: int) -> int:
    """1 for the positions in some runs."""
    mask = bytearray(count)
    for span in spans:
        mask[span.start : span.stop] = b"\1" * len(span)
    return of_mask(mask)


@lru_cache(maxsize=REMEMBERED)
def positions_in(verdict: int, count: int) -> Sequence[int]:
    """The positions that have 1, ascending; all of them as a range. Clients ask again and again who is unseen."""
    mask = verdict.to_bytes(count, "little")
    ones = mask.count(1)
    if ones == count:
        return range(count)
    if ones * FEW > count:
        return tuple(compress(range(count), mask))
    found, at = [], mask.find(1)
    while at >= 0:
        found.append(at)
        at = mask.find(1, at + 1)
    return tuple(found)
