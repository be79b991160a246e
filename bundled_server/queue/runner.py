"""The runner: takes what is due in the queue to the couriers, and writes down what they say."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from bundled_server.clock import Clock
from bundled_server.config import Limits
from bundled_server.courier import Courier, LocalPlan, LocalPlanner, Outcome, Verdict
from bundled_server.mailbox.changes import Change, Enqueue, QueueItem
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.queue.job import LOCAL, Errand, Job, due_recipients
from bundled_server.queue.lanes import Lanes
from bundled_server.queue.settlement import Settler

LOCAL_BATCH = 100
SCAN_AT_ONCE = 200
BUSY_RESCAN_SECONDS = 5.0
STORE_TROUBLE_SECONDS = 10.0
STOP_SECONDS = 5.0
PREPARE_OFF_THE_LOOP_OCTETS = 262_144

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """What the runner works with. `destination_of` maps an address to the destination whose errands share a lane:
    LOCAL for mailboxes of this host, else a domain or the smarthost."""

    store: Store
    clock: Clock
    local: LocalPlanner
    relay: Courier
    destination_of: Callable[[str], str]
    settler: Settler
    limits: Limits


class Runner:
    """Fresh mail comes by `take` straight from memory; everything else is found in the store when its time comes.

    Local errands are delivered in batches, one commit for many messages together with the end of their queue
    items; remote ones run in lanes. Kill it at any moment: what was not committed is due again.
    """

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._jobs: dict[str, Job] = {}
        self._expected: set[str] = set()
        self._ended_during_scan: set[str] | None = None
        self._octets_held = 0
        self._local: deque[Errand] = deque()
        self._local_ready = asyncio.Event()
        self._lanes = Lanes(self._relay_errand, parts.limits.relays_per_destination, parts.limits.relays)
        self._large = asyncio.Semaphore(parts.limits.large_relays)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._next_scan = float("inf")
        self._not_before = 0.0
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def in_flight(self) -> int:
        """Items in the hands of the couriers."""
        return len(self._jobs)

    @property
    def destinations(self) -> dict[str, int]:
        """Remote destinations with their waiting and running errands."""
        return self._lanes.destinations

    async def open(self) -> None:
        """Start working."""
        self._task = asyncio.create_task(self._run(), name="queue runner")
        self._task.add_done_callback(_tell_of_fault)

    async def close(self) -> None:
        """Take on nothing new, let the couriers finish for some seconds, stop."""
        self._stopping = True
        if self._jobs:
            self._idle.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._idle.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # taking on

    def expect(self, queue_id: str) -> None:
        """This item is being committed and will come by `take`: a scan must leave it alone."""
        self._expected.add(queue_id)

    def take(self, item: QueueItem, content: Content) -> None:
        """A fresh item, durable, with its content at hand."""
        self._expected.discard(item.queue_id)
        if len(self._jobs) >= self._parts.limits.queue_in_memory_items:
            return  # a scan will find it when there is room
        if self._octets_held + item.size_octets > self._parts.limits.queue_in_memory_octets:
            self._begin(item, None)
        else:
            self._begin(item, content)

    def not_coming(self, queue_id: str) -> None:
        """The expected item could not be committed."""
        self._expected.discard(queue_id)

    def has(self, queue_id: str) -> bool:
        """Whether the item is in the hands of the couriers now."""
        return queue_id in self._jobs or queue_id in self._expected

    def in_hand(self) -> frozenset[str]:
        """The queue ids for which `has` is true."""
        return frozenset(self._jobs) | self._expected

    def drop(self, queue_id: str) -> None:
        """The item was deleted: whatever its couriers say no longer counts."""
        job = self._jobs.get(queue_id)
        if job is not None:
            job.dropped = True

    def wake(self) -> None:
        """Something in the store became due by other means (release, flush)."""
        self._wake.set()

    def _begin(self, item: QueueItem, content: Content | None) -> None:
        if item.queue_id in self._jobs or self._stopping:
            return
        job = Job(item, content)
        errands = self._errands(job)
        if not errands:
            return
        job.pending = len(errands)
        self._jobs[item.queue_id] = job
        if content is not None:
            self._octets_held += item.size_octets
        for errand in errands:
            if errand.destination == LOCAL:
                self._local.append(errand)
                self._local_ready.set()
            else:
                self._lanes.put(errand)

    def _errands(self, job: Job) -> list[Errand]:
        destination_of = self._parts.destination_of
        recipients = due_recipients(job.item, self._parts.clock.now())
        if len(recipients) == 1:
            return [Errand(job, destination_of(recipients[0].recipient.address), (recipients[0],))]
        grouped: dict[str, list[Any]] = {}
        for queued in recipients:
            grouped.setdefault(destination_of(queued.recipient.address), []).append(queued)
        return [Errand(job, destination, tuple(members)) for destination, members in grouped.items()]

    def _end(self, job: Job) -> None:
        if job.pending:
            return
        queue_id = job.item.queue_id
        self._jobs.pop(queue_id, None)
        if not self._jobs:
            self._idle.set()
        if job.content is not None:
            self._octets_held = max(0, self._octets_held - job.item.size_octets)
        if self._ended_during_scan is not None:
            self._ended_during_scan.add(queue_id)
        for queued in job.states.values():
            if queued.next_try < self._next_scan and queued.state.value == "waiting":
                self._wake.set()

    # the loops

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._lanes.serve(tasks)
            tasks.create_task(self._scan_for_ever(), name="queue scan")
            tasks.create_task(self._deliver_for_ever(), name="local delivery")

    async def _scan_for_ever(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause = await self._scan()
            except StoreError as weather:
                logger.warning("the queue cannot be read: %s", weather)
                pause = STORE_TROUBLE_SECONDS
            self._next_scan = float("inf") if pause is None else self._parts.clock.now() + pause
            await self._sleep_or_wake(pause)

    async def _scan(self) -> float | None:
        """Take on what is due → seconds until something else will be, None when nothing waits."""
        store, now = self._parts.store, self._parts.clock.now()
        if now < self._not_before:
            return self._not_before - now
        if len(self._jobs) < self._parts.limits.queue_in_memory_items:
            self._ended_during_scan = set()
            due = await store.queue_due(now, len(self._jobs) + len(self._expected) + SCAN_AT_ONCE)
            stale, self._ended_during_scan = self._ended_during_scan, None
            for item in due:
                if item.queue_id not in stale and item.queue_id not in self._expected:
                    self._begin(item, None)
        upcoming = await store.queue_next_due()
        if upcoming is None:
            return None
        return upcoming - now if upcoming > now else BUSY_RESCAN_SECONDS

    async def _sleep_or_wake(self, seconds: float | None) -> None:
        waking = asyncio.ensure_future(self._wake.wait())
        pausing = asyncio.ensure_future(self._parts.clock.sleep(seconds)) if seconds is not None else None
        try:
            await asyncio.wait(
                [waking] if pausing is None else [waking, pausing], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waking.cancel()
            if pausing is not None:
                pausing.cancel()

    async def _deliver_for_ever(self) -> None:
        while True:
            await self._local_ready.wait()
            batch = [self._local.popleft() for _ in range(min(LOCAL_BATCH, len(self._local)))]
            if not self._local:
                self._local_ready.clear()
            try:
                await self._deliver_batch(batch)
            except Exception:  # a defect must cost one batch a delay, not the host its queue
                logger.exception("a batch of %d local deliveries failed", len(batch))
                self._let_go(batch)

    # local delivery

    async def _deliver_batch(self, batch: list[Errand]) -> None:
        """Plan each, commit all together; when that fails, one by one, so that one bad message is alone."""
        alone: list[Errand] = []
        together: list[tuple[Errand, LocalPlan, tuple[Change, ...]]] = []
        for errand in batch:
            if not errand.is_whole_job:
                alone.append(errand)
            elif (plan := await self._planned(errand)) is not None:
                together.append((errand, plan, self._parts.settler.settle(errand, plan.outcomes)))
        changes = [change for _, plan, ends in together for change in (*plan.changes, *ends)]
        try:
            results = await self._parts.store.commit(*changes) if changes else ()
        except StoreError:
            self._parts.local.forget()
            for errand, _, _ in together:
                errand.job.pending += 1
            alone = [errand for errand, _, _ in together] + alone
        else:
            position = 0
            for errand, plan, ends in together:
                middle = position + len(plan.changes)
                end = middle + len(ends)
                self._committed(errand.job, plan.changes + ends, results[position:end])
                plan.settled(results[position:middle])
                position = end
        for errand in alone:
            await self._deliver_alone(errand)

    async def _deliver_alone(self, errand: Errand) -> None:
        async with errand.job.lock:
            plan = await self._planned(errand)
            if plan is None:
                return
            ends = self._parts.settler.settle(errand, plan.outcomes)
            changes = plan.changes + ends
            try:
                results = await self._parts.store.commit(*changes) if changes else ()
            except StoreError as weather:
                self._parts.local.forget()
                errand.job.pending += 1
                await self._write_down(errand, _all_deferred(errand, f"mailbox not available: {weather}"))
                return
            self._committed(errand.job, changes, results)
            plan.settled(results[: len(plan.changes)])

    async def _planned(self, errand: Errand) -> LocalPlan | None:
        """None when the store cannot even be read; the errand is over then and the item stays due."""
        try:
            content = await self._content(errand.job)
            return await self._parts.local.plan(errand.job.item.queue_id, errand.envelope, content)
        except StoreError as weather:
            self._give_back(errand, weather)
            return None
        except Exception:  # one message that trips the MDA must not stop the mail of all the others
            logger.exception("local delivery failed on %s", errand.job.item.queue_id)
            return LocalPlan(tuple(_all_deferred(errand, "internal fault of the MDA")), (), lambda results: None)

    # remote delivery

    async def _relay_errand(self, errand: Errand) -> None:
        try:
            is_large = errand.job.item.size_octets > self._parts.limits.large_message_octets
            async with self._large if is_large else nullcontext():
                outcomes = await self._relayed(errand, await self._content(errand.job))
            async with errand.job.lock:
                await self._write_down(errand, outcomes)
        except StoreError as weather:
            self._give_back(errand, weather)
        except Exception:  # a defect must cost one message a delay, not the host its queue
            logger.exception("an errand of %s to %s failed", errand.job.item.queue_id, errand.destination)
            self._let_go([errand])

    async def _relayed(self, errand: Errand, content: Content) -> list[Outcome]:
        try:
            return await self._parts.relay.deliver(errand.job.item.queue_id, errand.envelope, content.data)
        except Exception:  # a courier's fault must not stop the mail of all the others
            logger.exception("the relay failed on %s to %s", errand.job.item.queue_id, errand.destination)
            return _all_deferred(errand, "internal fault of the relay")

    async def _write_down(self, errand: Errand, outcomes: list[Outcome]) -> None:
        changes = self._parts.settler.settle(errand, outcomes)
        try:
            results = await self._parts.store.commit(*changes) if changes else ()
        except StoreError as weather:
            errand.job.pending += 1
            self._give_back(errand, weather)
            return
        self._committed(errand.job, changes, results)

    # common ends

    def _committed(self, job: Job, changes: tuple[Change, ...], results: tuple[Any, ...]) -> None:
        """Go on with mail that was made on the way: reports and forwards."""
        for change, result in zip(changes, results, strict=True):
            if isinstance(change, Enqueue):
                self.take(result, change.content)
        self._end(job)

    def _give_back(self, errand: Errand, weather: StoreError) -> None:
        """The store is in trouble: leave the item as it is, it is still due, and let some time pass."""
        logger.warning("%s stays in the queue: %s", errand.job.item.queue_id, weather)
        self._not_before = self._parts.clock.now() + STORE_TROUBLE_SECONDS
        errand.job.pending -= 1
        self._end(errand.job)
        self._wake.set()

    def _let_go(self, errands: list[Errand]) -> None:
        """Take the items out of hand as they are; a scan will find them again after a while."""
        self._not_before = self._parts.clock.now() + STORE_TROUBLE_SECONDS
        for errand in errands:
            errand.job.pending = 0
            errand.job.dropped = True
            self._end(errand.job)
        self._wake.set()

    async def _content(self, job: Job) -> Content:
        if job.content is None:
            data = await self._parts.store.body(job.item.content_id)
            if len(data) > PREPARE_OFF_THE_LOOP_OCTETS:
                job.content = await asyncio.to_thread(prepare, data)
            else:
                job.content = prepare(data)
            self._octets_held += job.item.size_octets
        return job.content


def _all_deferred(errand: Errand, text: str) -> list[Outcome]:
    return [Outcome(queued.recipient, Verdict.DEFERRED, "4.3.0", text) for queued in errand.recipients]


def _tell_of_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        logger.critical("the queue runner stopped", exc_info=fault)
