"""Notices that the computer slept: the wall clock ran on while the monotonic clock stood still."""

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_SECONDS: Final = 10.0
GAP_SECONDS: Final = 20.0
"""A clock that is corrected moves less; nobody's connection survives much more."""


class SleepWatch:
    """`woke_up` is called after each gap. A wall clock set back is no sleep."""

    def __init__(
        self, wall: Callable[[], float], monotonic: Callable[[], float], woke_up: Callable[[], None]
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._woke_up = woke_up
        self._difference = wall() - monotonic()

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Compare the clocks now."""
        before, self._difference = self._difference, self._wall() - self._monotonic()
        if self._difference - before > GAP_SECONDS:
            self._woke_up()
