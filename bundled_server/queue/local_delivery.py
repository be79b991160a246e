"""Local delivery from the queue: in batches, one commit for many messages with the end of their queue items."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bundled_server.courier import LocalPlan, LocalPlanner, Outcome
from bundled_server.mailbox.changes import Change
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.queue.job import LOCAL, Errand, Job, all_deferred
from bundled_server.queue.settlement import Settler

LOCAL_BATCH = 100

logger = logging.getLogger(__name__)


class Desk(Protocol):
    """Who keeps the jobs; `queue.runner.Runner` does."""

    async def content(self, job: Job) -> Content: ...

    async def write_down(self, errand: Errand, outcomes: list[Outcome]) -> None: ...

    def committed(self, job: Job, changes: tuple[Change, ...], results: tuple[Any, ...]) -> None: ...

    def give_back(self, errand: Errand, weather: StoreError) -> None: ...

    def let_go(self, errands: list[Errand]) -> None: ...


class LocalDelivery:
    """The errands into mailboxes of this host. `take_parked` has more of them when those at hand are few."""

    def __init__(
        self,
        store: Store,
        planner: LocalPlanner,
        settler: Settler,
        desk: Desk,
        take_parked: Callable[[str, int], Awaitable[list[Errand]]],
    ) -> None:
        self._store = store
        self._planner = planner
        self._settler = settler
        self._desk = desk
        self._take_parked = take_parked
        self._waiting: deque[Errand] = deque()
        self._ready = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many errands are at hand."""
        return len(self._waiting)

    def put(self, errand: Errand) -> None:
        """One more."""
        self._waiting.append(errand)
        self._ready.set()

    async def serve(self) -> None:
        while True:
            await self._ready.wait()
            batch = [self._waiting.popleft() for _ in range(min(LOCAL_BATCH, len(self._waiting)))]
            try:
                await self._deliver_batch(batch)
            except Exception:  # a defect must cost one batch a delay, not the host its queue
                logger.exception("a batch of %d local deliveries failed", len(batch))
                self._desk.let_go(batch)
            if len(self._waiting) < LOCAL_BATCH:
                self._waiting.extend(await self._take_parked(LOCAL, LOCAL_BATCH))
            if not self._waiting:
                self._ready.clear()

    async def _deliver_batch(self, batch: list[Errand]) -> None:
        """Plan each, commit all together; when that fails, one by one, so that one bad message is alone."""
        alone: list[Errand] = []
        together: list[tuple[Errand, LocalPlan, tuple[Change, ...]]] = []
        for errand in batch:
            if not errand.is_whole_job:
                alone.append(errand)
            elif (plan := await self._planned(errand)) is None:
                continue
            elif plan.stands_alone:
                alone.append(errand)  # planned again, with everything before it in the store
            else:
                together.append((errand, plan, self._settler.settle(errand, plan.outcomes)))
        changes = [change for _, plan, ends in together for change in (*plan.changes, *ends)]
        try:
            results = await self._store.commit(*changes) if changes else ()
        except StoreError:
            self._planner.forget()
            for errand, _, _ in together:
                errand.job.pending += 1
            alone = [errand for errand, _, _ in together] + alone
        else:
            position = 0
            for errand, plan, ends in together:
                middle = position + len(plan.changes)
                end = middle + len(ends)
                self._desk.committed(errand.job, plan.changes + ends, results[position:end])
                plan.settled(results[position:middle])
                position = end
        for errand in alone:
            await self._deliver_alone(errand)

    async def _deliver_alone(self, errand: Errand) -> None:
        async with errand.job.lock:
            plan = await self._planned(errand)
            if plan is None:
                return
            ends = self._settler.settle(errand, plan.outcomes)
            changes = plan.changes + ends
            try:
                results = await self._store.commit(*changes) if changes else ()
            except StoreError as weather:
                self._planner.forget()
                errand.job.pending += 1
                await self._desk.write_down(errand, all_deferred(errand, f"mailbox not available: {weather}"))
                return
            self._desk.committed(errand.job, changes, results)
            plan.settled(results[: len(plan.changes)])

    async def _planned(self, errand: Errand) -> LocalPlan | None:
        """None when the store cannot even be read; the errand is over then and the item stays due."""
        try:
            content = await self._desk.content(errand.job)
            return await self._planner.plan(errand.job.item.queue_id, errand.envelope, content)
        except StoreError as weather:
            self._desk.give_back(errand, weather)
            return None
        except Exception:  # one message that trips the MDA must not stop the mail of all the others
            logger.exception("local delivery failed on %s", errand.job.item.queue_id)
            return LocalPlan(tuple(all_deferred(errand, "internal fault of the MDA")), (), lambda results: None)
