"""Sequence sets: many uids in few octets, and back within bounds (RFC 9051 §9 sequence-set)."""

from collections.abc import Iterable, Iterator
from typing import Final

from termail.mra.imap.errors import ImapHostile

SET_OCTETS: Final = 4_000
"""A command line stays far below the 8192 octets every server takes (RFC 7162 §4)."""


def uid_sets(uids: Iterable[int], octets: int = SET_OCTETS) -> Iterator[tuple[str, list[int]]]:
    """Sets of bounded length that cover `uids`, each with the uids in it, ascending."""
    parts: list[str] = []
    covered: list[int] = []
    length = 0
    for first, last in _ranges(sorted(set(uids))):
        part = str(first) if first == last else f"{first}:{last}"
        if parts and length + len(part) + 1 > octets:
            yield ",".join(parts), covered
            parts, covered, length = [], [], 0
        parts.append(part)
        covered.extend(range(first, last + 1))
        length += len(part) + 1
    if parts:
        yield ",".join(parts), covered


def _ranges(ascending: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(ascending) + 1):
        if at == len(ascending) or ascending[at] != ascending[at - 1] + 1:
            yield ascending[start], ascending[at - 1]
            start = at


def expand(text: str, limit: int) -> list[int]:
    """The numbers of a set a server sent, in its order. Raises ImapHostile beyond `limit` numbers."""
    numbers: list[int] = []
    for part in text.split(","):
        first, colon, last = part.partition(":")
        if not first.isdigit() or (colon and not last.isdigit()) or len(part) > 41:
            continue
        low, high = sorted((int(first), int(last) if colon else int(first)))
        if len(numbers) + high - low >= limit:
            raise ImapHostile("the server names more messages than there can be")
        numbers.extend(range(low, high + 1))
    return numbers
