"""The short way: what goes straight into a mailbox, and what the queue has to take."""

from dataclasses import replace

import pytest

from bundled_server.clock import SystemClock
from bundled_server.courier import DeliveryRefused, LocalPlan, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import AddMessage, PutUser, RemoveFromQueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.short_way import ShortWay
from bundled_server.queue.spool import Spool

LETTER = prepare(b"From: carol@other.test\r\nMessage-ID: <1@other.test>\r\n\r\nHola\r\n")


class OneMailbox:
    """A planner that puts everything into alice's INBOX, but refuses nobody@."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.settled = self.forgotten = 0

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        inbox = await self._store.mailbox("alice", "INBOX")
        assert inbox is not None
        (recipient,) = envelope.recipients
        if recipient.address.startswith("nobody@"):
            refusal = Outcome(recipient, Verdict.REFUSED, "5.1.1", "no user of that name here")
            return LocalPlan((refusal,), (), self._settled)
        add = AddMessage(inbox.mailbox_id, content, frozenset(), 0.0, f"{queue_id}/alice")
        return LocalPlan((Outcome(recipient, Verdict.DELIVERED, "2.1.5", "delivered"),), (add,), self._settled)

    def forget(self) -> None:
        self.forgotten += 1

    def _settled(self, results: tuple[object, ...]) -> None:
        self.settled += 1


def to(*recipients: Recipient) -> Envelope:
    return Envelope("carol@other.test", recipients)


@pytest.fixture
async def store():
    made = MemoryStore(lambda: 1_000_000.0)
    await made.open()
    await made.commit(PutUser("alice", "secret"))
    yield made
    await made.close()


async def count(store: MemoryStore) -> int:
    mailbox = await store.mailbox("alice", "INBOX")
    assert mailbox is not None
    return len((await store.index(mailbox.mailbox_id)).uids)


async def test_mail_for_a_mailbox_is_in_it_before_anybody_is_told(store) -> None:
    local = OneMailbox(store)
    assert await ShortWay(store, local).deliver("q1", to(Recipient("alice@cities.org")), LETTER)
    assert (await count(store), local.settled) == (1, 1)
    assert await store.queue_items() == []


async def test_no_delivery_key_stays_behind(store) -> None:
    way = ShortWay(store, OneMailbox(store))
    for _ in range(2):
        assert await way.deliver("q1", to(Recipient("alice@cities.org")), LETTER)
    assert await count(store) == 2


async def test_a_refusal_is_told_to_the_sender_who_is_still_there(store) -> None:
    with pytest.raises(DeliveryRefused) as caught:
        await ShortWay(store, OneMailbox(store)).deliver("q1", to(Recipient("nobody@cities.org")), LETTER)
    assert caught.value.outcome.verdict is Verdict.REFUSED


async def test_whatever_needs_an_answer_is_left_to_the_queue(store) -> None:
    local = OneMailbox(store)
    wants_success = Recipient("alice@cities.org", frozenset({"SUCCESS"}))
    assert not await ShortWay(store, local).deliver("q1", to(wants_success), LETTER)
    assert (await count(store), local.settled) == (0, 0)


class PlansMore(OneMailbox):
    """Wants something besides the message in the mailbox."""

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        plan = await super().plan(queue_id, envelope, content)
        return replace(plan, changes=(*plan.changes, RemoveFromQueue("q0")))


class PlansForAMailboxThatWent(OneMailbox):
    """Remembers a mailbox that is not there any more."""

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        plan = await super().plan(queue_id, envelope, content)
        return replace(plan, changes=(AddMessage(999, content, frozenset(), 0.0),))


@pytest.mark.parametrize("planner", [PlansMore, PlansForAMailboxThatWent])
async def test_a_plan_that_is_no_plain_delivery_changes_nothing(store, planner: type[OneMailbox]) -> None:
    local = planner(store)
    assert not await ShortWay(store, local).deliver("q1", to(Recipient("alice@cities.org")), LETTER)
    assert (await count(store), local.settled) == (0, 0)


async def test_a_store_in_trouble_is_no_reason_to_try_the_queue_of_the_same_store(store) -> None:
    class Full(MemoryStore):
        async def commit(self, *changes: object) -> tuple[object, ...]:
            raise StoreUnavailable("disk full")

    with pytest.raises(StoreUnavailable):
        await ShortWay(Full(), OneMailbox(store)).deliver("q1", to(Recipient("alice@cities.org")), LETTER)


async def test_what_neither_way_takes_is_not_remembered_as_done(store) -> None:
    class NoQueue(MemoryStore):
        async def commit(self, *changes: object) -> tuple[object, ...]:
            raise StoreUnavailable("disk full")

    clock, local, full = SystemClock(), PlansMore(store), NoQueue()
    ids, journal = QueueIds(clock.now, 7), Journal("brasilia.cities.org", clock.now)

    async def stamp(envelope: Envelope, header: bytes) -> bytes:
        return b"Delivered-To: alice@cities.org\r\n"

    spool = Spool(full, clock, ids, journal, None, stamp, ShortWay(full, local))
    with pytest.raises(StoreUnavailable):
        await spool.accept(to(Recipient("alice@cities.org")), LETTER.data, "transfer")
    assert local.forgotten == 1
