"""How often a listing is read anew while a sync tells of news many times a second."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

SHARE = 8  # of the time that news come, one part in so many goes into listing them


class Later(Protocol):
    """Textual's set_timer."""

    def __call__(self, delay: float, callback: Callable[[], None]) -> object: ...


class ListingPace:
    """A quick listing is read at once; one that takes its time waits for a multiple of that time."""

    def __init__(self, later: Later, read: Callable[[], None], now: Callable[[], float] = monotonic) -> None:
        self._later, self._read, self._now = later, read, now
        self._ended = self._took = 0.0
        self._is_waiting = False

    def note(self, began: float) -> None:
        """A reading that began then has ended."""
        self._ended = self._now()
        self._took = self._ended - began

    def news(self) -> None:
        """Read, now or soon; once for all the news until then."""
        if self._is_waiting:
            return
        wait_seconds = self._ended + SHARE * self._took - self._now()
        if wait_seconds <= 0:
            self._read()
        else:
            self._is_waiting = True
            self._later(wait_seconds, self._waited)

    def _waited(self) -> None:
        self._is_waiting = False
        self._read()
