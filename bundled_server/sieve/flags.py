"""Flag lists (RFC 5232 §2): words, each once whatever its case, and what is no flag left out."""

import re
from collections.abc import Iterable
from typing import Final

_FLAG: Final = re.compile(r"\\?[^\s(){%*\"\\\]\x00-\x1f\x7f]+")
SYSTEM: Final = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
MOST_FLAGS: Final = 100


def flag_list(texts: Iterable[str]) -> tuple[str, ...]:
    """The flags in strings that hold several; a system flag that does not exist is no flag."""
    found: dict[str, str] = {}
    for word in (word for text in texts for word in text.split()):
        key = word.lower()
        if not _FLAG.fullmatch(word) or (word.startswith("\\") and key not in SYSTEM):
            continue
        if len(found) < MOST_FLAGS:
            found.setdefault(key, SYSTEM.get(key, word))
    return tuple(found.values())


def without(flags: Iterable[str], removed: Iterable[str]) -> tuple[str, ...]:
    """The flags that are not among the removed, in any case."""
    gone = {flag.lower() for flag in removed}
    return tuple(flag for flag in flags if flag.lower() not in gone)
