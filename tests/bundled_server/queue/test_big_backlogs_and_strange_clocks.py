"""A queue with a big backlog, dead and silent destinations, and clocks that jump."""

import asyncio
from collections import Counter
from email import message_from_bytes
from itertools import pairwise

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Enqueue
from bundled_server.mailbox.content import prepare
from bundled_server.queue.job import Job, errands_of

HOUR = 3600.0
DAY = 24 * HOUR


def dead(recipient: Recipient) -> Outcome:
    if recipient.address.endswith("@dead.test"):
        return Outcome(recipient, Verdict.DEFERRED, "4.4.1", "mx.dead.test: connection refused", "mx.dead.test")
    return Outcome(recipient, Verdict.DELIVERED, "2.0.0", "250 ok", "mx.live.test")


async def leave_behind(office, count: int, *addresses: str) -> None:
    """Messages that another run of the server accepted."""
    content, now = prepare(b"Subject: left\r\n\r\nHola\r\n"), office.clock.now()
    envelope = Envelope("alice@cities.org", tuple(Recipient(address) for address in addresses))
    await office.store.commit(
        *(Enqueue(f"old{number:07d}", envelope, content, "", now, "submission") for number in range(count))
    )
    office.runner.wake()


def tries(office) -> Counter[str]:
    return Counter(queue_id for queue_id, _ in office.relay.calls)


async def test_two_thousand_to_a_silent_host_do_not_delay_one_to_another(small_office) -> None:
    office = small_office
    office.relay.gates["silent.test"] = asyncio.Event()
    for _ in range(2000):
        await office.send("x@silent.test")
    await office.settles()
    assert office.runner.in_flight <= 7, "two being tried and five in the lane; the others are only ids"
    assert office.runner.destinations == {"silent.test": 2000}
    fresh = await office.send("bob@live.test", "alice@cities.org")
    await office.settles()
    assert (fresh, ("bob@live.test",)) in office.relay.calls
    assert len(await office.inbox()) == 1
    office.relay.gates["silent.test"].set()
    while await office.spool.items():
        await office.settles()
    assert set(tries(office).values()) == {1}, "each went out exactly once"
    assert len(office.relay.calls) == 2001
    assert (office.runner.in_flight, office.runner.destinations) == (0, {})


async def test_a_backlog_of_ten_thousand_is_taken_on_little_by_little(small_office) -> None:
    office = small_office
    office.relay.gates["silent.test"] = asyncio.Event()
    await leave_behind(office, 10_000, "x@silent.test")
    while office.runner.destinations.get("silent.test") != 10_000:
        await office.settles()
        assert office.runner.in_flight <= 7
    await office.send("bob@live.test")
    await office.settles()
    assert office.relay.calls[-1][1] == ("bob@live.test",)
    office.relay.gates["silent.test"].set()
    while await office.store.queue_next_due() is not None:
        await office.settles()
    assert set(tries(office).values()) == {1}


async def test_a_backlog_for_ourselves_is_taken_on_little_by_little(small_office) -> None:
    await leave_behind(small_office, 500, "alice@cities.org")
    while await small_office.spool.items():
        await small_office.settles()
    assert len(await small_office.inbox()) == 500
    assert small_office.relay.calls == []


async def test_a_dead_destination_is_not_tried_for_every_message(small_office) -> None:
    office = small_office
    office.relay.answer = dead
    await leave_behind(office, 300, "x@dead.test")
    await office.send("bob@live.test")
    while (await office.store.queue_next_due() or 0.0) <= office.clock.now():
        await office.settles()
    assert sum(addresses == ("x@dead.test",) for _, addresses in office.relay.calls) <= 4
    items = await office.spool.items()
    assert len(items) == 300
    assert all(item.recipients[0].attempts == 1 for item in items)
    assert sum("not tried" in item.recipients[0].text for item in items) >= 296
    assert ("bob@live.test",) in [addresses for _, addresses in office.relay.calls]


async def test_the_rest_ends_with_time_or_by_hand(office) -> None:
    office.relay.answer = dead
    for _ in range(4):
        await office.send("x@dead.test")
        await office.settles()
    assert len(office.relay.calls) == 3
    assert await office.spool.flush("dead.test") == 4
    await office.settles()
    assert len(office.relay.calls) > 3, "whoever flushes wants to see attempts"
    tried = len(office.relay.calls)
    office.relay.answer = lambda recipient: Outcome(recipient, Verdict.DELIVERED, "2.0.0", "250 ok")
    office.clock.pass_by(HOUR)
    await office.settles()
    assert await office.spool.items() == []
    assert len(office.relay.calls) == tried + 4


async def test_mail_that_expires_while_its_destination_rests_goes_back_with_its_header(office) -> None:
    office.relay.answer = dead
    for _ in range(5):
        await office.send("x@dead.test")
    for _ in range(1200):
        await office.settles()
        office.clock.pass_by(600.0)
    bounces = [message_from_bytes(data) for data in await office.inbox()]
    finals = [bounce for bounce in bounces if bounce["Subject"].startswith("Undeliverable")]
    assert len(finals) == 5
    assert len(bounces) == 10, "one notice of delay for each, and one end"
    assert all(bounce.get_payload(2).get_payload(0)["Message-ID"] == "<1@cities.org>" for bounce in finals)
    assert await office.spool.items() == []


async def test_what_is_held_or_deleted_in_a_backlog_is_left_alone(small_office) -> None:
    office = small_office
    office.relay.gates["silent.test"] = asyncio.Event()
    ids = [await office.send("x@silent.test") for _ in range(30)]
    await office.settles()
    assert await office.spool.hold(ids[-1])
    assert await office.spool.delete(ids[-2])
    office.relay.gates["silent.test"].set()
    await office.settles()
    assert set(ids[-2:]).isdisjoint(tries(office))
    assert [item.queue_id for item in await office.spool.items()] == [ids[-1]]
    assert await office.spool.release(ids[-1])
    await office.settles()
    assert tries(office)[ids[-1]] == 1
    assert await office.spool.items() == []


async def test_a_message_for_full_and_free_lanes_goes_to_the_free_ones_at_once(small_office) -> None:
    office = small_office
    office.relay.gates["silent.test"] = asyncio.Event()
    for _ in range(20):
        await office.send("x@silent.test")
    await office.settles()
    mixed = await office.send("x@silent.test", "bob@live.test", "alice@cities.org")
    await office.settles()
    (item,) = [item for item in await office.spool.items() if item.queue_id == mixed]
    assert [queued.state.value for queued in item.recipients] == ["waiting", "delivered", "delivered"]
    office.relay.gates["silent.test"].set()
    await office.settles()
    assert await office.spool.items() == []
    assert tries(office)[mixed] == 2
    assert len(await office.inbox()) == 1


async def test_a_round_that_took_long_loses_no_retry(office) -> None:
    """bob is deferred at once, the other destination answers only when bob's next attempt is already over-due."""
    office.relay.gates["silent.test"] = asyncio.Event()
    office.relay.answer = lambda r: (
        Outcome(r, Verdict.DEFERRED, "4.2.0", "later") if r.address == "bob@live.test" else dead(r)
    )
    await office.send("x@silent.test", "bob@live.test")
    await office.settles()
    office.clock.pass_by(200.0)
    office.relay.gates["silent.test"].set()
    await office.settles()
    assert [addresses for _, addresses in office.relay.calls].count(("bob@live.test",)) == 2


async def test_what_goes_out_is_divided_into_single_transactions(office) -> None:
    """So that a crash repeats one transaction, not all that a smarthost gets."""
    addresses = [f"u{number}@{'a' if number < 150 else 'b'}.test" for number in range(200)] + ["alice@cities.org"]
    envelope = Envelope("", tuple(Recipient(address) for address in addresses))
    (item,) = await office.store.commit(Enqueue("q", envelope, prepare(b"a: b\r\n\r\n"), "", 0.0, "transfer"))
    job = Job(item, None)
    errands = errands_of(job, lambda address: "" if address.endswith("cities.org") else "smarthost", 1.0)
    assert [(errand.destination, len(errand.recipients)) for errand in errands] == [
        ("smarthost", 100),
        ("smarthost", 50),
        ("smarthost", 50),
        ("", 1),
    ]


async def test_a_clock_set_back_delays_no_mail(office) -> None:
    office.relay.answer = dead
    await office.send("x@dead.test")
    await office.settles()
    office.clock.jump(-30 * DAY)
    office.relay.answer = lambda recipient: Outcome(recipient, Verdict.DELIVERED, "2.0.0", "250 ok")
    await office.send("alice@cities.org", "bob@live.test")
    await office.settles()
    assert len(await office.inbox()) == 1
    office.clock.pass_by(600.0)
    await office.settles()
    assert await office.spool.items() == []


async def test_a_clock_set_forward_is_noticed_and_mail_gets_a_last_chance(office) -> None:
    office.relay.answer = dead
    await office.send("x@dead.test")
    await office.settles()
    office.clock.jump(30 * DAY)
    office.relay.answer = lambda recipient: Outcome(recipient, Verdict.DELIVERED, "2.0.0", "250 ok")
    office.clock.pass_by(300.0)
    await office.settles()
    assert await office.spool.items() == []
    assert await office.inbox() == [], "delivered, not returned"


async def test_whatever_the_clock_does_nothing_spins(office) -> None:
    office.relay.answer = dead
    await office.send("x@dead.test")
    await office.settles()
    asked = 0
    queue_due = office.store.queue_due

    async def counted(*arguments: object) -> object:
        nonlocal asked
        asked += 1
        return await queue_due(*arguments)

    office.store.queue_due = counted
    for seconds in (-5 * DAY, 5 * DAY, -60.0, 60.0, -0.5):
        office.clock.jump(seconds)
        await office.send("alice@cities.org")
        for _ in range(20):
            await office.settles()
    assert asked <= 10


async def test_five_days_of_retries_and_the_end(office) -> None:
    """The schedule that the practice world plays in a minute."""
    office.relay.answer = lambda r: Outcome(r, Verdict.DEFERRED, "4.2.1", "450 4.2.1 try later", "mx.other.test")
    start = office.clock.now()
    await office.send("bob@other.test")
    attempts: list[float] = []
    for _ in range(int(5 * DAY / 60) + 10):
        await office.settles()
        while len(attempts) < len(office.relay.calls):
            attempts.append(office.clock.now() - start)
        office.clock.pass_by(60.0)
    assert attempts[:4] == [0.0, 60.0, 360.0, 660.0]
    assert all(300.0 <= later - earlier <= 360.0 for earlier, later in pairwise(attempts[1:-1]))
    assert 5 * DAY <= attempts[-1] <= 5 * DAY + 60.0, "the last attempt is at the end itself"
    delayed, failed = [message_from_bytes(data)["Subject"].split(":")[0] for data in await office.inbox()]
    assert (delayed, failed) == ("Delayed", "Undeliverable")
