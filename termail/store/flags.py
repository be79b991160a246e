"""IMAP flags as the store keeps them: a few bits for the system flags, text for the keywords."""

from collections.abc import Iterable
from typing import Final

SEEN: Final = 1
FLAGGED: Final = 2
ANSWERED: Final = 4
DELETED: Final = 8
DRAFT: Final = 16
OLD: Final = 32
"""Ours alone: the message was listed before (mutt's O). It never goes to a server."""

SYSTEM: Final = {
    "\\seen": SEEN,
    "\\flagged": FLAGGED,
    "\\answered": ANSWERED,
    "\\deleted": DELETED,
    "\\draft": DRAFT,
}
NAMES: Final = {
    SEEN: "\\Seen",
    FLAGGED: "\\Flagged",
    ANSWERED: "\\Answered",
    DELETED: "\\Deleted",
    DRAFT: "\\Draft",
}


def split(flags: Iterable[str]) -> tuple[int, frozenset[str]]:
    """IMAP flag names → (bits, keywords). \\Recent and other unknown backslash flags are left out."""
    bits = 0
    keywords = []
    for flag in flags:
        bit = SYSTEM.get(flag.lower())
        if bit is not None:
            bits |= bit
        elif flag and not flag.startswith("\\"):
            keywords.append(flag)
    return bits, frozenset(keywords)


def names(bits: int, keywords: Iterable[str] = ()) -> frozenset[str]:
    """(bits, keywords) → IMAP flag names."""
    return frozenset(name for bit, name in NAMES.items() if bits & bit) | frozenset(keywords)


def pack(keywords: Iterable[str]) -> str:
    """Keywords as they stand in a column: sorted, with a space on either side of each."""
    words = sorted(keywords)
    return f" {' '.join(words)} " if words else ""


def unpack(column: str) -> frozenset[str]:
    """The opposite of `pack`."""
    return frozenset(column.split()) if column else _NONE


_NONE: Final[frozenset[str]] = frozenset()
