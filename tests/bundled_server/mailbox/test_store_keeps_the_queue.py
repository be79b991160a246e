"""The contract of every store: the queue."""

from dataclasses import replace

import pytest

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import (
    AddMessage,
    Enqueue,
    QueueItem,
    RecipientState,
    RemoveFromQueue,
    UpdateQueue,
)
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.store import Mailbox, Store, StoreError

LETTER = prepare(b"Subject: queued\n\nhello\n")
ENVELOPE = Envelope(
    "bob@other.test",
    (
        Recipient("alice@cities.org", frozenset({"SUCCESS", "FAILURE"}), "rfc822;alice@cities.org"),
        Recipient("juan@cities.org"),
    ),
    envelope_id="QQ314159",
    dsn_return="HDRS",
    smtputf8=True,
)


async def enqueue(store: Store, queue_id: str, arrived: float) -> QueueItem:
    (item,) = await store.commit(Enqueue(queue_id, ENVELOPE, LETTER, "<m@other.test>", arrived, "submission"))
    assert isinstance(item, QueueItem)
    return item


async def test_an_item_comes_back_whole(store: Store) -> None:
    item = await enqueue(store, "Q1", 100.0)
    assert await store.queue_item("Q1") == item
    assert item.envelope == ENVELOPE
    assert [(q.state, q.next_try, q.attempts) for q in item.recipients] == [(RecipientState.WAITING, 100.0, 0)] * 2
    assert await store.body(item.content_id) == LETTER.data
    assert await store.queue_item("Q2") is None


async def test_due_items_come_oldest_first_and_held_ones_not_at_all(store: Store) -> None:
    for queue_id, arrived in (("B", 20.0), ("A", 10.0), ("C", 30.0)):
        await enqueue(store, queue_id, arrived)
    assert [item.queue_id for item in await store.queue_due(25.0, 10)] == ["A", "B"]
    assert [item.queue_id for item in await store.queue_due(99.0, 1)] == ["A"]
    assert await store.queue_next_due() == 10.0
    await store.commit(UpdateQueue("A", held=True))
    assert await store.queue_next_due() == 20.0
    assert [item.queue_id for item in await store.queue_items()] == ["A", "B", "C"]


async def test_recipients_are_replaced_by_address(store: Store) -> None:
    item = await enqueue(store, "Q1", 10.0)
    alice, juan = item.recipients
    delivered = replace(alice, state=RecipientState.DELIVERED, attempts=1, status="2.0.0", text="ok", remote="mx")
    await store.commit(UpdateQueue("Q1", (delivered,)))
    later = replace(juan, attempts=1, next_try=70.0)
    await store.commit(UpdateQueue("Q1", (later,), warned=True))
    assert await store.queue_item("Q1") == replace(item, recipients=(delivered, later), warned=True)
    assert await store.queue_next_due() == 70.0
    await store.commit(UpdateQueue("Q1", (replace(later, state=RecipientState.FAILED),)))
    assert await store.queue_next_due() is None
    await store.commit(UpdateQueue("unknown", held=True))


async def test_words_that_are_no_text_do_not_stop_the_queue(store: Store) -> None:
    (alice, _) = (await enqueue(store, "Q1", 10.0)).recipients
    await store.commit(UpdateQueue("Q1", (replace(alice, text="caf\udce9 closed"),)))
    item = await store.queue_item("Q1")
    assert item is not None
    assert item.recipients[0].text == "caf? closed"


async def test_removing_an_item_forgets_its_delivery_keys(store: Store, inbox: Mailbox) -> None:
    await enqueue(store, "Q1", 10.0)
    change = AddMessage(inbox.mailbox_id, LETTER, frozenset(), 1.0, "Q1/alice@cities.org")
    (first,) = await store.commit(change)
    await store.commit(RemoveFromQueue("Q1"))
    await store.commit(RemoveFromQueue("Q1"))
    assert await store.queue_items() == []
    _, again = await store.commit(RemoveFromQueue("Q1"), change)
    assert (first.uid, again.uid) == (1, 2)
    index = await store.index(inbox.mailbox_id)
    assert await store.body(index.content_ids[0]) == LETTER.data


async def test_delivery_and_removal_in_one_commit(store: Store, inbox: Mailbox) -> None:
    await enqueue(store, "Q1", 10.0)
    added, _ = await store.commit(
        AddMessage(inbox.mailbox_id, LETTER, frozenset(), 1.0, "Q1/alice@cities.org"), RemoveFromQueue("Q1")
    )
    assert added.uid == 1
    assert await store.queue_item("Q1") is None


async def test_a_queue_id_is_used_once_at_a_time(store: Store) -> None:
    await enqueue(store, "Q1", 10.0)
    with pytest.raises(StoreError):
        await enqueue(store, "Q1", 10.0)
    assert len(await store.queue_items()) == 1
