"""The contract of every store: what is due comes in pages, each item once, whatever shares its moment."""

from dataclasses import replace

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Enqueue, RemoveFromQueue, UpdateQueue
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.queue_items import due
from bundled_server.mailbox.store import Store

LETTER = prepare(b"Subject: queued\r\n\r\nhello\r\n")
ENVELOPE = Envelope("bob@other.test", (Recipient("alice@cities.org"),))


async def fill(store: Store, *arrivals: float) -> None:
    await store.commit(
        *(
            Enqueue(f"Q{number:03d}", ENVELOPE, LETTER, "", arrived, "transfer")
            for number, arrived in enumerate(arrivals)
        )
    )


async def pages(store: Store, now: float, limit: int) -> list[str]:
    cursor, found = None, []
    while page := await store.queue_due(now, limit, cursor):
        found += [item.queue_id for item in page]
        cursor = (due(page[-1]) or 0.0, page[-1].queue_id)
    return found


async def test_pages_hold_each_item_once(store: Store) -> None:
    await fill(store, *[100.0] * 7, *[200.0] * 5, 50.0, 300.0)
    found = await pages(store, 250.0, 3)
    assert len(found) == len(set(found)) == 13
    assert found[0] == "Q012"


async def test_a_page_begins_behind_an_item_that_is_gone_or_has_changed(store: Store) -> None:
    await fill(store, 100.0, 200.0, 300.0)
    (first,) = await store.queue_due(400.0, 1)
    later = replace(first.recipients[0], next_try=350.0)
    await store.commit(UpdateQueue(first.queue_id, (later,)), RemoveFromQueue("Q001"))
    found = await store.queue_due(400.0, 9, (100.0, first.queue_id))
    assert [item.queue_id for item in found] == ["Q002", "Q000"]


async def test_what_is_due_later_than_a_moment(store: Store) -> None:
    await fill(store, 100.0, 200.0)
    assert await store.queue_next_due() == 100.0
    assert await store.queue_next_due(100.0) == 200.0
    assert await store.queue_next_due(200.0) is None
