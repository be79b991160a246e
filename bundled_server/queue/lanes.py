"""Lanes: the errands of each remote destination in a line of their own, so that a slow one delays no other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bundled_server.queue.job import Errand


@dataclass(slots=True)
class _Lane:
    waiting: deque[Errand] = field(default_factory=deque)
    workers: int = 0


class Lanes:
    """Runs `work(errand)` for each errand, at most `per_lane` at a time for one destination, `together` in all.
    Workers live in the TaskGroup given to `serve`; `work` never raises."""

    def __init__(self, work: Callable[[Errand], Awaitable[None]], per_lane: int, together: int) -> None:
        self._work = work
        self._per_lane = per_lane
        self._room = asyncio.Semaphore(together)
        self._lanes: dict[str, _Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def serve(self, tasks: asyncio.TaskGroup) -> None:
        """Where workers are started from now on; errands that came before get theirs."""
        self._tasks = tasks
        for name, lane in self._lanes.items():
            self._hire(name, lane)

    @property
    def destinations(self) -> dict[str, int]:
        """How many errands wait or run, by destination."""
        return {name: len(lane.waiting) + lane.workers for name, lane in self._lanes.items()}

    def put(self, errand: Errand) -> None:
        """Take on one errand."""
        lane = self._lanes.setdefault(errand.destination, _Lane())
        lane.waiting.append(errand)
        self._hire(errand.destination, lane)

    def _hire(self, name: str, lane: _Lane) -> None:
        """Start workers while there is work and the lane has room."""
        if self._tasks is None:
            return
        for _ in range(min(self._per_lane - lane.workers, len(lane.waiting))):
            lane.workers += 1
            self._tasks.create_task(self._worker(name, lane))

    async def _worker(self, name: str, lane: _Lane) -> None:
        try:
            while lane.waiting:
                async with self._room:
                    if lane.waiting:
                        await self._work(lane.waiting.popleft())
        finally:
            lane.workers -= 1
            if not lane.workers and not lane.waiting:
                self._lanes.pop(name, None)
