"""The runner: takes what is due in the queue to the couriers, and writes down what they say."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from bundled_server.clock import Clock
from bundled_server.config import Limits
from bundled_server.courier import Courier, LocalPlanner, Outcome, Verdict
from bundled_server.mailbox.changes import Change, Enqueue, QueueItem, RecipientState
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.queue.health import Health
from bundled_server.queue.job import LOCAL, Errand, Job, all_deferred, errands_of
from bundled_server.queue.lanes import Lanes
from bundled_server.queue.local_delivery import LocalDelivery
from bundled_server.queue.prepared import prepared
from bundled_server.queue.scan import Scan
from bundled_server.queue.settlement import Settler

RESTING_BATCH = 50
STOP_SECONDS = 5.0

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
    items; remote ones run in lanes. Kill it at any moment: what was not committed is due again. So local mail
    arrives once whatever happens; remote mail can arrive twice only when we die between the other host's 250 and
    the commit that follows it at once (RFC 5321 §4.5.4.1, RFC 1047): at most one transaction for each connection.
    """

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        limits = parts.limits
        self._jobs: dict[str, Job] = {}
        self._expected: set[str] = set()
        self._octets_held = 0
        self._health = Health(parts.clock.now, limits.destination_rest_seconds)
        self._lanes = Lanes(self, limits, self._health.is_doubtful)
        self._local = LocalDelivery(parts.store, parts.local, parts.settler, self, self._lanes.take)
        self._scan = Scan(parts.store, parts.clock, self, parts.settler.schedule.longest_pause)
        self._large = asyncio.Semaphore(limits.large_relays)
        self._idle = asyncio.Event()
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
        for errand in self._lanes.clear():
            errand.job.pending -= 1
            self._end(errand.job)
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
        if self._octets_held + item.size_octets > self._parts.limits.queue_in_memory_octets:
            self._begin(item, None)
        else:
            self._begin(item, content)

    def begin(self, item: QueueItem) -> None:
        """What a scan found; implements `scan.Taker`."""
        self._begin(item, None)

    @property
    def is_full(self) -> bool:
        """Whether a scan had better wait."""
        return self._lanes.parked >= self._parts.limits.queue_parked_items

    def not_coming(self, queue_id: str) -> None:
        """The expected item could not be committed, as far as is known."""
        self._expected.discard(queue_id)
        self._scan.wake(from_the_start=True)

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
        """Something in the store became due by other means (release, flush): every destination gets a chance."""
        self._health.forget()
        self._scan.wake(from_the_start=True)

    def _begin(self, item: QueueItem, content: Content | None) -> None:
        if item.queue_id in self._jobs or self._stopping:
            return
        job = Job(item, content)
        errands = []
        for errand in errands_of(job, self._parts.destination_of, self._parts.clock.now()):
            if self._has_room(errand.destination):
                errands.append(errand)
            else:
                job.overflow.add(errand.destination)
        if not errands:
            self._park_overflow(job)
            return
        self._hold(job, errands)
        for errand in errands:
            if errand.destination == LOCAL:
                self._local.put(errand)
            else:
                self._lanes.put(errand)

    def _hold(self, job: Job, errands: list[Errand]) -> None:
        job.pending = len(errands)
        self._jobs[job.item.queue_id] = job
        if job.content is not None:
            self._octets_held += job.item.size_octets

    def _has_room(self, destination: str) -> bool:
        most = self._parts.limits.queue_in_memory_items
        if destination == LOCAL:
            return self._local.waiting < most
        return self._lanes.has_room(destination, crowded=len(self._jobs) >= most)

    def _park_overflow(self, job: Job) -> None:
        for destination in job.overflow:
            if not self._lanes.park(destination, job.item.queue_id):
                self._scan.wake(from_the_start=True)
                return

    def _end(self, job: Job) -> None:
        if job.pending:
            return
        queue_id = job.item.queue_id
        self._jobs.pop(queue_id, None)
        if not self._jobs:
            self._idle.set()
        if job.content is not None:
            self._octets_held = max(0, self._octets_held - job.item.size_octets)
        self._scan.ended(queue_id)
        if self._stopping or job.dropped:
            return
        self._park_overflow(job)
        now = self._parts.clock.now()
        for queued in job.states.values():
            if queued.next_try < self._scan.next_at and queued.state is RecipientState.WAITING:
                self._scan.wake(from_the_start=queued.next_try <= now)

    # the loops

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._lanes.serve(tasks)
            tasks.create_task(self._scan.run(self._expected), name="queue scan")
            tasks.create_task(self._local.serve(), name="local delivery")

    # remote delivery

    async def fetch(self, destination: str, queue_id: str) -> list[Errand]:
        """See `lanes.LaneWork`."""
        if self._is_busy(queue_id, destination):
            return []
        try:
            item = await self._parts.store.queue_item(queue_id)
        except StoreError:
            self._scan.rest()
            return []
        if item is None or item.held or self._stopping or self._is_busy(queue_id, destination):
            return []
        job = Job(item, None)
        every = errands_of(job, self._parts.destination_of, self._parts.clock.now())
        errands = [errand for errand in every if errand.destination == destination]
        if errands:
            self._hold(job, errands)
        return errands

    def _is_busy(self, queue_id: str, destination: str) -> bool:
        """Whether another round of this item is under way; this destination comes after it then."""
        job = self._jobs.get(queue_id)
        if job is not None:
            job.overflow.add(destination)
        return job is not None

    async def run(self, errand: Errand) -> None:
        """See `lanes.LaneWork`."""
        try:
            if (rest := self._health.resting(errand.destination)) is not None:
                await self._defer_together(errand, *rest)
                return
            is_large = errand.job.item.size_octets > self._parts.limits.large_message_octets
            async with self._large if is_large else nullcontext():
                outcomes = await self._relayed(errand, await self.content(errand.job))
            self._health.note(errand.destination, outcomes)
            async with errand.job.lock:
                await self.write_down(errand, outcomes)
        except StoreError as weather:
            self.give_back(errand, weather)
        except Exception:  # a defect must cost one message a delay, not the host its queue
            logger.exception("an errand of %s to %s failed", errand.job.item.queue_id, errand.destination)
            self.let_go([errand])

    async def _defer_together(self, first: Errand, text: str, remote: str) -> None:
        """The destination rests: what waits for it is deferred without an attempt, many in one commit."""
        errands = [first, *await self._lanes.take(first.destination, RESTING_BATCH)]
        changes: list[Change] = []
        together: list[tuple[Errand, int]] = []
        for errand in errands:
            outcomes = [Outcome(q.recipient, Verdict.DEFERRED, "4.4.1", text, remote) for q in errand.recipients]
            try:
                if self._parts.settler.will_report(errand.job):
                    await self.content(errand.job)
            except StoreError as weather:
                self.give_back(errand, weather)
                continue
            except Exception:  # a report without the message is better than none
                logger.exception("the content of %s cannot be prepared", errand.job.item.queue_id)
            if errand.job.pending > 1 or errand.job.lock.locked():
                async with errand.job.lock:
                    await self.write_down(errand, outcomes)
                continue
            ends = self._parts.settler.settle(errand, outcomes)
            changes += ends
            together.append((errand, len(ends)))
        try:
            results = await self._parts.store.commit(*changes) if changes else ()
        except StoreError as weather:
            for errand, _ in together:
                errand.job.pending += 1
                self.give_back(errand, weather)
            return
        position = 0
        for errand, count in together:
            end = position + count
            self.committed(errand.job, tuple(changes[position:end]), results[position:end])
            position = end

    async def _relayed(self, errand: Errand, content: Content) -> list[Outcome]:
        try:
            return await self._parts.relay.deliver(errand.job.item.queue_id, errand.envelope, content.data)
        except Exception:  # a courier's fault must not stop the mail of all the others
            logger.exception("the relay failed on %s to %s", errand.job.item.queue_id, errand.destination)
            return all_deferred(errand, "internal fault of the relay")

    async def write_down(self, errand: Errand, outcomes: list[Outcome]) -> None:
        """Make durable what became of an errand."""
        changes = self._parts.settler.settle(errand, outcomes)
        try:
            results = await self._parts.store.commit(*changes) if changes else ()
        except StoreError as weather:
            errand.job.pending += 1
            self.give_back(errand, weather)
            return
        self.committed(errand.job, changes, results)

    # common ends; with `content` and `write_down` they are what `local_delivery.Desk` asks for

    def committed(self, job: Job, changes: tuple[Change, ...], results: tuple[Any, ...]) -> None:
        """Go on with mail that was made on the way: reports and forwards."""
        for change, result in zip(changes, results, strict=True):
            if isinstance(change, Enqueue):
                self.take(result, change.content)
        self._end(job)

    def give_back(self, errand: Errand, weather: StoreError) -> None:
        """The store is in trouble: leave the item as it is, it is still due, and let some time pass."""
        logger.warning("%s stays in the queue: %s", errand.job.item.queue_id, weather)
        errand.job.pending -= 1
        self._end(errand.job)
        self._scan.rest()

    def let_go(self, errands: list[Errand]) -> None:
        """Take the items out of hand as they are; a scan will find them again after a while."""
        for errand in errands:
            errand.job.pending = 0
            errand.job.dropped = True
            self._end(errand.job)
        self._scan.rest()

    async def content(self, job: Job) -> Content:
        """From memory, else from the store. Raises StoreError."""
        if job.content is None:
            data = await self._parts.store.body(job.item.content_id)
            job.content = await prepared(data)
            self._octets_held += job.item.size_octets
        return job.content


def _tell_of_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        logger.critical("the queue runner stopped", exc_info=fault)
