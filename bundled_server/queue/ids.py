"""Queue ids in sendmail's style, such as k5HF1B0d005647: the time, who made it, a running number."""

import time
from collections.abc import Callable

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
BASE = len(DIGITS)
NUMBERS = 1_000_000


class QueueIds:
    """Makes ids: six letters for year, month, day, hour, minute and second (UTC), two for this run of the server,
    six digits that count. `incarnation` keeps two runs within one second apart, and clocks that go back."""

    def __init__(self, now: Callable[[], float], incarnation: int) -> None:
        self._now = now
        self._run = DIGITS[incarnation // BASE % BASE] + DIGITS[incarnation % BASE]
        self._count = incarnation % NUMBERS
        self._second = -1
        self._prefix = ""

    def next(self) -> str:
        """A new id, never the same twice."""
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._prefix = _letters(second) + self._run
        self._count = (self._count + 1) % NUMBERS
        return f"{self._prefix}{self._count:06d}"


def _letters(second: int) -> str:
    moment = time.gmtime(second)
    fields = (
        moment.tm_year - 1900,
        moment.tm_mon - 1,
        moment.tm_mday,
        moment.tm_hour,
        moment.tm_min,
        moment.tm_sec,
    )
    return "".join(DIGITS[field % BASE] for field in fields)
