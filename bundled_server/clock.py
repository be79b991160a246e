"""Time as something that is passed in, so that tests and the practice world can run it as they like."""

import asyncio
import time
from typing import Protocol


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


class ScaledClock:
    """A clock that starts now and runs `factor` times as fast, for retry schedules watched in class."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._start_wall = time.time()
        self._start_monotonic = time.monotonic()

    def now(self) -> float:
        return self._start_wall + (time.monotonic() - self._start_monotonic) * self._factor

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._factor)
