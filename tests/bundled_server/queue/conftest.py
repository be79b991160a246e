"""A queue with everything around it that a test may steer: clock, couriers, chance."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable

import pytest

from bundled_server.clock import Clock
from bundled_server.config import Limits
from bundled_server.courier import LocalPlan, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient, split_address
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import AddMessage, PutUser
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.queue.bounce import Reporter
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.job import LOCAL
from bundled_server.queue.runner import Runner, RunnerParts
from bundled_server.queue.schedule import RetrySchedule
from bundled_server.queue.settlement import Settler
from bundled_server.queue.spool import Spool

MESSAGE = b"From: alice@cities.org\r\nTo: bob@other.test\r\nMessage-ID: <1@cities.org>\r\n\r\nHola\r\n"


class HandClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self._now = 1_000_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        waking = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, self._count, waking))
        await waking

    def jump(self, seconds: float) -> None:
        """Somebody sets the clock, forwards or back: who sleeps, sleeps as long as before."""
        self._now += seconds
        self._sleepers = [(when + seconds, count, waking) for when, count, waking in self._sleepers]

    def pass_by(self, seconds: float) -> None:
        """Let time pass and wake whoever slept through it."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            waking = heapq.heappop(self._sleepers)[2]
            if not waking.done():
                waking.set_result(None)


class ScriptedRelay:
    """A courier whose answers the test writes; `calls` are (queue id, addresses)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.answer: Callable[[Recipient], Outcome] = lambda r: Outcome(r, Verdict.DELIVERED, "2.0.0", "250 ok")
        self.gates: dict[str, asyncio.Event] = {}

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]:
        self.calls.append((queue_id, tuple(r.address for r in envelope.recipients)))
        domain = split_address(envelope.recipients[0].address)[1]
        if domain in self.gates:
            await self.gates[domain].wait()
        return [self.answer(recipient) for recipient in envelope.recipients]


class OneMailbox:
    """A local planner that puts everything into alice's INBOX, but refuses nobody@."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.settled = 0

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        inbox = await self._store.mailbox("alice", "INBOX")
        assert inbox is not None
        outcomes, changes = [], []
        for recipient in envelope.recipients:
            if recipient.address.startswith("nobody@"):
                outcomes.append(Outcome(recipient, Verdict.REFUSED, "5.1.1", "no user of that name here"))
                continue
            key = f"{queue_id}/{recipient.address}"
            changes.append(AddMessage(inbox.mailbox_id, content, frozenset(), 0.0, key))
            outcomes.append(Outcome(recipient, Verdict.DELIVERED, "2.1.5", "delivered"))

        def settled(results: tuple[object, ...]) -> None:
            self.settled += 1

        return LocalPlan(tuple(outcomes), tuple(changes), settled)

    def forget(self) -> None:
        pass


class Office:
    """The queue of cities.org."""

    def __init__(self, limits: Limits, clock: Clock | None = None) -> None:
        self.clock = clock or HandClock()
        self.store = MemoryStore(self.clock.now)
        self.relay = ScriptedRelay()
        self.local = OneMailbox(self.store)
        self.journal = Journal("brasilia.cities.org", self.clock.now)
        ids = QueueIds(self.clock.now, 7)
        reporter = Reporter("brasilia.cities.org", "cities.org", ids, self.journal, 432_000.0, 65_536)
        schedule = RetrySchedule((60.0, 300.0), 432_000.0, lambda: 0.5)
        settler = Settler(schedule, reporter, self.journal, self.clock.now, 14_400.0)
        self.runner = Runner(
            RunnerParts(self.store, self.clock, self.local, self.relay, destination_of, settler, limits)
        )
        self.spool = Spool(self.store, self.clock, ids, self.journal, self.runner, None)

    async def send(self, *addresses: str, sender: str = "alice@cities.org", origin: str = "submission") -> str:
        recipients = tuple(Recipient(address) for address in addresses)
        return await self.spool.accept(Envelope(sender, recipients), MESSAGE, origin)

    async def inbox(self) -> list[bytes]:
        mailbox = await self.store.mailbox("alice", "INBOX")
        assert mailbox is not None
        index = await self.store.index(mailbox.mailbox_id)
        return [await self.store.body(content_id) for content_id in index.content_ids]

    async def settles(self) -> None:
        """Let the tasks run until none of them has anything to do."""
        for _ in range(60):
            await asyncio.sleep(0)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.journal.recent()]


def destination_of(address: str) -> str:
    domain = split_address(address)[1]
    return LOCAL if domain == "cities.org" else domain


@pytest.fixture
async def small_office() -> AsyncIterator[Office]:
    """With little memory, so that a small backlog is a big one."""
    limits = Limits(relays_per_destination=2, queue_in_memory_per_destination=5, queue_in_memory_items=20)
    made = Office(limits)
    await made.store.open()
    await made.store.commit(PutUser("alice", "secret"))
    await made.runner.open()
    yield made
    await made.runner.close()
    await made.store.close()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    made = Office(Limits(relays_per_destination=2))
    await made.store.open()
    await made.store.commit(PutUser("alice", "secret"))
    await made.runner.open()
    yield made
    await made.runner.close()
    await made.store.close()
