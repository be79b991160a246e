"""Servers that ask us to slow down, each in words of its own."""

import re
from typing import Final

from termail.mra.imap.responses import Status

# Gmail: [OVERQUOTA] or "Too many simultaneous connections"; Microsoft 365: [THROTTLED], "User is throttled",
# "Request is throttled. Suggested Backoff Time: 299999 milliseconds"; Yahoo: [LIMIT] "rate limit hit".
_CODES: Final = frozenset({"THROTTLED"})
_WORDS: Final = re.compile(
    r"\bthrottled\b|too many (?:simultaneous |concurrent )?(?:connections|requests|commands|logins)"
    r"|rate limit|bandwidth (?:limit|exceeded)",
    re.IGNORECASE,
)
_BACKOFF: Final = re.compile(r"backoff time: (\d{1,9})", re.IGNORECASE)
# With any other code the words may be those of a mailbox's name.
_WORDS_COUNT: Final = frozenset({"", "ALERT", "LIMIT", "OVERQUOTA", "UNAVAILABLE", "INUSE"})
USUAL_SECONDS: Final = 120.0
LONGEST_SECONDS: Final = 3_600.0


def asks_for_patience(reply: Status) -> bool:
    """Whether a NO, BAD or BYE means "later, and not so fast"."""
    if reply.kind == "OK":
        return False
    return reply.code in _CODES or (reply.code in _WORDS_COUNT and _WORDS.search(reply.text) is not None)


def patience_seconds(text: str) -> float:
    """How long to stay away, as far as the server says."""
    found = _BACKOFF.search(text)
    return min(max(int(found[1]) / 1000.0, USUAL_SECONDS), LONGEST_SECONDS) if found else USUAL_SECONDS
