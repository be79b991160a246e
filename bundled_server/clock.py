"""Time as something that is passed in, so that tests and the practice world can run it as they like."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

FASTEST = 1_000_000.0
LATEST = 32_503_680_000.0
"""The year 3000: dates in mail have four digits for the year, and programs that read them fewer ideas."""


class Clock(Protocol):
    """Wall-clock time: `now` in seconds since the epoch (UTC), `sleep` in seconds of this clock."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class WorldClock:
    """A clock that starts now, runs `factor` times as fast, and can be set while it runs: faster or slower, still
    (`pause`), or ahead at once (`advance`). It never goes back."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = _checked(factor)
        self._paused = False
        self._base = time.time()
        self._base_monotonic = time.monotonic()
        self._changed: set[asyncio.Event] = set()

    @property
    def factor(self) -> float:
        return self._factor

    @property
    def paused(self) -> bool:
        return self._paused

    def now(self) -> float:
        return self._base + (time.monotonic() - self._base_monotonic) * self._pace

    def set_factor(self, factor: float) -> None:
        """Run that many times as fast from now on. Raises ValueError outside 1 to FASTEST."""
        self._rebase()
        self._factor = _checked(factor)
        self._wake()

    def pause(self) -> None:
        """Stand still until `go_on`."""
        self._rebase()
        self._paused = True
        self._wake()

    def go_on(self) -> None:
        """Run again after a pause."""
        self._rebase()
        self._paused = False
        self._wake()

    def advance(self, seconds: float) -> None:
        """Be that much later at once: whoever sleeps until then wakes. Raises ValueError for going back,
        and for going beyond LATEST."""
        if seconds < 0:
            raise ValueError("the clock does not go back")
        if not self.now() + seconds <= LATEST:
            raise ValueError("the clock goes to the year 3000, not beyond")
        self._rebase()
        self._base += seconds
        self._wake()

    async def sleep(self, seconds: float) -> None:
        deadline = self.now() + seconds
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            while (left := deadline - self.now()) > 0:
                changed.clear()
                pause = left / self._pace if self._pace else None
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await changed.wait()
        finally:
            self._changed.discard(changed)

    @property
    def _pace(self) -> float:
        return 0.0 if self._paused else self._factor

    def _rebase(self) -> None:
        self._base, self._base_monotonic = self.now(), time.monotonic()

    def _wake(self) -> None:
        for changed in self._changed:
            changed.set()


def _checked(factor: float) -> float:
    if not 1.0 <= factor <= FASTEST:
        raise ValueError(f"a clock runs 1 to {FASTEST:,.0f} times as fast, not {factor:g}")
    return float(factor)
