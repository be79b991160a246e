"""SQL functions the store lends to SQLite: matching text beyond ASCII and looking into packed headers."""

import re
import sqlite3
import zlib
from functools import lru_cache
from typing import Final

from termail.mime.dates import parse_date
from termail.mime.headers import decode_words, scan_headers

LINE_LIMIT: Final = 2_000
"""A regular expression sees text line by line, each cut here, so that its worst case stays bounded."""


_WORDS: Final = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=(?:[ \t]+=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)*")
_SCORE: Final = re.compile(r"(?:score=|hits=|^\s*)(-?\d{1,6}(?:\.\d{1,6})?)")
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")


def register(connection: sqlite3.Connection) -> None:
    """Make the functions known to this connection."""
    connection.create_function("regex_matches", 3, regex_matches, deterministic=True)
    connection.create_function("folded_contains", 2, folded_contains, deterministic=True)
    connection.create_function("header_text", 2, header_text, deterministic=True)
    connection.create_function("is_before", 2, is_before, deterministic=True)
    connection.create_function("spam_score", 1, spam_score, deterministic=True)


def regex_matches(pattern: str, ignore_case: int, text: str | None) -> bool:
    """True when some line of `text` matches."""
    if not text:
        return bool(_compiled(pattern, ignore_case).search(""))
    search = _compiled(pattern, ignore_case).search
    if len(text) <= LINE_LIMIT and "\n" not in text:
        return search(text) is not None
    return any(search(line[:LINE_LIMIT]) for line in text.splitlines())


def folded_contains(needle: str, text: str | None) -> bool:
    """Substring without regard to case in any script; `needle` comes folded."""
    return text is not None and needle in text.casefold()


def header_text(packed: bytes | None, names: str) -> str:
    """Decoded lines of the fields named (separated by spaces; "" for all as "Name: value") of a packed header."""
    if not packed:
        return ""
    wanted = frozenset(names.split())
    block = zlib.decompress(packed)
    if not wanted and block.isascii():
        text = _FOLD.sub("", block.decode("ascii"))
        return text if "=?" not in text else _WORDS.sub(lambda found: decode_words(found[0].encode()), text)
    found = scan_headers(block)
    if not wanted:
        return "\n".join(f"{name}: {decode_words(value)}" for name, value in found)
    return "\n".join(decode_words(value) for name, value in found if name.lower() in wanted)


def is_before(date: str, moment: float) -> bool:
    """Whether a date field holds a time before `moment`, in epoch seconds; never for what is no date."""
    seconds = parse_date(date.encode("utf-8", "replace"))
    return 0 < seconds < moment


def spam_score(packed: bytes | None) -> float:
    """What a filter on the way gave the message; 0 without a number."""
    text = header_text(packed, "x-spam-score") or header_text(packed, "x-spam-status")
    found = _SCORE.search(text)
    return float(found[1]) if found else 0.0


@lru_cache(maxsize=32)
def _compiled(pattern: str, ignore_case: int) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
