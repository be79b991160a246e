"""What spamtest and virustest see: the marks of our own filters, which nobody else can set (RFC 5235)."""

import re
from typing import Final

from bundled_server.sieve.message import Message

_STATUS: Final = re.compile(r"(?:Yes|No), score=(-?[0-9.]+) required=([0-9.]+)")
VIRUS_LEVELS: Final = {"clean": 1, "suspicious": 4, "infected": 5}
"""1 no virus, 4 perhaps one, 5 one for sure (§3.3)."""


def spam_percent(message: Message) -> float | None:
    """0 for no points, 50 where the filters begin to call it spam, 100 for twice as many; None without marks."""
    match = _STATUS.match(next(iter(message.values("x-spam-status")), ""))
    try:
        score, required = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    except ValueError:
        return None
    return min(max(50 * score / required, 0.0), 100.0) if required > 0 else None


def virus_level(message: Message) -> int:
    """The worst that a scanner said; 0 when nobody looked."""
    said = (value.partition(",")[0].strip().lower() for value in message.values("x-virus-status"))
    return max((VIRUS_LEVELS.get(word, 0) for word in said), default=0)
