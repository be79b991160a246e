"""Lanes: the errands of each remote destination in a line of their own, so that a slow one delays no other."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from bundled_server.config import Limits
from bundled_server.queue.job import LOCAL, Errand


class LaneWork(Protocol):
    """What the runner does for the lanes; neither method raises."""

    async def fetch(self, destination: str, queue_id: str) -> list[Errand]:
        """The errands of a parked item to this destination, none when there is nothing to do any more."""
        ...

    async def run(self, errand: Errand) -> None:
        """Carry it out."""
        ...


@dataclass(slots=True)
class _Lane:
    waiting: deque[Errand] = field(default_factory=deque)
    parked: deque[str] = field(default_factory=deque)
    ids: set[str] = field(default_factory=set)
    workers: int = 0


class Lanes:
    """Runs errands, some at a time for one destination, some in all; those that met no server last time share half
    of the room. A lane holds few errands; more items are parked as queue ids and read from the store when their
    turn comes. Workers live in the TaskGroup given to `serve`; LOCAL has none, its items are only parked here."""

    def __init__(self, work: LaneWork, limits: Limits, is_doubtful: Callable[[str], bool]) -> None:
        self._work = work
        self._limits = limits
        self._is_doubtful = is_doubtful
        self._room = asyncio.Semaphore(limits.relays)
        self._room_for_doubtful = asyncio.Semaphore(max(1, limits.relays // 2))
        self._lanes: dict[str, _Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self.parked = 0

    def serve(self, tasks: asyncio.TaskGroup) -> None:
        """Where workers are started from now on; errands that came before get theirs."""
        self._tasks = tasks
        for name, lane in self._lanes.items():
            self._hire(name, lane)

    @property
    def destinations(self) -> dict[str, int]:
        """How many errands wait or run and how many items are parked, by destination."""
        return {
            name: len(lane.waiting) + len(lane.parked) + lane.workers for name, lane in self._lanes.items() if name
        }

    def has_room(self, destination: str, *, crowded: bool) -> bool:
        """Whether an errand may be put; `crowded` when the host holds many already, so that each lane keeps only
        enough for its workers."""
        lane = self._lanes.get(destination)
        if lane is None:
            return True
        most = self._limits.relays_per_destination if crowded else self._limits.queue_in_memory_per_destination
        return not lane.parked and len(lane.waiting) < most

    def put(self, errand: Errand) -> None:
        """Take on one errand."""
        lane = self._lanes.setdefault(errand.destination, _Lane())
        lane.waiting.append(errand)
        self._hire(errand.destination, lane)

    def park(self, destination: str, queue_id: str) -> bool:
        """Remember that an item has something to do there; false when too many are parked already."""
        lane = self._lanes.setdefault(destination, _Lane())
        if queue_id in lane.ids:
            return True
        if self.parked >= self._limits.queue_parked_items:
            return False
        lane.ids.add(queue_id)
        lane.parked.append(queue_id)
        self.parked += 1
        self._hire(destination, lane)
        return True

    async def take(self, destination: str, most: int) -> list[Errand]:
        """Take up to `most` errands out of a lane, to do something else with them."""
        lane = self._lanes.get(destination)
        taken: list[Errand] = []
        while lane is not None and len(taken) < most and (errand := await self._next(destination, lane)):
            taken.append(errand)
        return taken

    def clear(self) -> list[Errand]:
        """Take everything out that no worker has in hand, because the host stops."""
        left = [errand for lane in self._lanes.values() for errand in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
            lane.parked.clear()
            lane.ids.clear()
        self.parked = 0
        return left

    async def _next(self, name: str, lane: _Lane) -> Errand | None:
        while lane.waiting or lane.parked:
            if lane.waiting:
                return lane.waiting.popleft()
            queue_id = lane.parked.popleft()
            lane.ids.discard(queue_id)
            self.parked -= 1
            lane.waiting.extend(await self._work.fetch(name, queue_id))
        return None

    def _hire(self, name: str, lane: _Lane) -> None:
        """Start workers while there is work and the lane has room."""
        if self._tasks is None or name == LOCAL:
            return
        work = len(lane.waiting) + len(lane.parked)
        for _ in range(min(self._limits.relays_per_destination - lane.workers, work)):
            lane.workers += 1
            self._tasks.create_task(self._worker(name, lane))

    async def _worker(self, name: str, lane: _Lane) -> None:
        try:
            while lane.waiting or lane.parked:
                async with (
                    self._room_for_doubtful if self._is_doubtful(name) else nullcontext(),
                    self._room,
                ):
                    errand = await self._next(name, lane)
                    if errand is not None:
                        await self._work.run(errand)
        finally:
            lane.workers -= 1
            if not lane.workers and not lane.waiting and not lane.parked and self._lanes.get(name) is lane:
                del self._lanes[name]
