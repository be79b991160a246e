"""Servers that ask us to slow down, each in words of its own."""

import re
from typing import Final

from termail.mra.imap.responses import Status

# Gmail: [OVERQUOTA] or "Too many simultaneous connections"; Microsoft 365: [THROTTLED], "User is throttled",
# "Request is throttled. Suggested Backoff Time: 299999 milliseconds"; Yahoo: [LIMIT] "rate limit hit".
_CODES: Final = frozenset({"THROTTLED"})
_WORDS: Final = re.compile(
    r"throttl|too many (?:simultaneous |concurrent )?(?:connections|requests|commands|logins)"
    r"|rate limit|bandwidth (?:limit|exceeded)",
    re.IGNORECASE,
)
_BACKOFF: Final = re.compile(r"backoff time: (\d{1,9})", re.IGNORECASE)
USUAL_SECONDS: Final = 120.0
LONGEST_SECONDS: Final = 3_600.0


def asks_for_patience(reply: Status) -> bool:
    """Whether a NO, BAD or BYE means "later, and not so fast"."""
    return reply.kind != "OK" and (reply.code in _CODES or _WORDS.search(reply.text) is not None)


def patience_seconds(text: str) -> float:
    """How long to stay away, as far as the server says."""
    found = _BACKOFF.search(text)
    return min(max(int(found[1]) / 1000.0, USUAL_SECONDS), LONGEST_SECONDS) if found else USUAL_SECONDS
