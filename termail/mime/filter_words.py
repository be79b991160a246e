"""What the filters of a mail server wrote into a message: the points, what became of it, and each word."""

import re
from typing import Final

import msgspec

from termail.mime.headers import header_end, scan_headers
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words

MOST_WORDS: Final = 60
_LONGEST: Final = 1000
_WORD: Final = re.compile(r"([\w-]{1,40}) ([a-z]{1,12}) ([+-]\d{1,6}\.\d{1,2}) at ([a-z]{1,10})(?:: (.*))?\Z")
_STATUS: Final = re.compile(
    r"(?i)\s*(yes|no)\b.*?\bscore=(-?\d{1,6}(?:\.\d{1,4})?)\s+required=(-?\d{1,6}(?:\.\d{1,4})?)"
)
_TESTS: Final = re.compile(r"\btests=([^\s]{1,800})")


class FilterWord(msgspec.Struct, frozen=True):
    """One filter's word, its points, the stage of the SMTP dialogue it was said at, and why; `details` are more
    lines of its own."""

    name: str
    word: str
    score: float
    stage: str
    reason: str
    details: tuple[str, ...] = ()


class Filtering(msgspec.Struct, frozen=True):
    """All that one message says of its filtering. `server` says so ("" when nobody signs it); `action` is none,
    tag, junk or quarantine, "" when it is not told; `tests` is what other servers' filters write instead of words.
    Believe it only when `server` is a server of one's own."""

    server: str
    is_spam: bool
    score: float
    required: float
    action: str
    words: tuple[FilterWord, ...]
    tests: str


def filtering(raw: bytes) -> Filtering | None:
    """What the message says, sanitised; None when no filter wrote anything. Never raises."""
    fields = [
        (name.lower(), clean_line(decode_words(value[:_LONGEST])).strip())
        for name, value in scan_headers(raw[: header_end(raw)[0]])
        if name.lower().startswith("x-spam-")
    ]
    status = next((value for name, value in fields if name == "x-spam-status"), "")
    found = _STATUS.match(status)
    said = [_signed(value) for name, value in fields if name == "x-spam-verdict"][:MOST_WORDS]
    if found is None and not said:
        return None
    server = said[0][0] if said else ""
    more = [_signed(value) for name, value in fields if name == "x-spam-explanation"][:MOST_WORDS]
    words = [
        _word(text, [line for origin, line in more if origin == server])
        for origin, text in said
        if origin == server
    ]
    tests = _TESTS.search(status)
    return Filtering(
        server=server,
        is_spam=found is not None and found[1].lower() == "yes",
        score=float(found[2]) if found else 0.0,
        required=float(found[3]) if found else 0.0,
        action=next((value.lower() for name, value in fields if name == "x-spam-action"), ""),
        words=tuple(word for word in words if word is not None),
        tests=tests[1] if tests else "",
    )


def _signed(value: str) -> tuple[str, str]:
    """The server that says it, and what it says."""
    server, _, text = value.partition(";")
    return server.strip().lower(), text.strip()


def _word(text: str, details: list[str]) -> FilterWord | None:
    found = _WORD.match(text)
    if found is None:
        return None
    own = [line.partition(";") for line in details]
    lines = tuple(rest.strip() for name, _, rest in own if name.strip() == found[1])
    return FilterWord(found[1], found[2], float(found[3]), found[4], found[5] or "", lines)
