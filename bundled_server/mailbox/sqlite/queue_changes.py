"""Queue items in the database: their columns, and what the changes to the queue do."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bundled_server.envelope import Envelope
from bundled_server.mailbox.changes import Enqueue, QueuedRecipient, QueueItem, RemoveFromQueue, UpdateQueue
from bundled_server.mailbox.queue_items import due, new_item, updated_item
from bundled_server.mailbox.sqlite.workspace import Workspace

QUEUE_COLUMNS: Final = (
    "queue_id, content_id, size_octets, message_id, arrived, origin, held, warned, envelope, recipients"
)

_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_RECIPIENTS: Final = msgspec.json.Decoder(tuple[QueuedRecipient, ...])


def item_from_row(row: Sequence[Any]) -> QueueItem:
    """A queue item from QUEUE_COLUMNS."""
    queue_id, content_id, size_octets, message_id, arrived, origin, held, warned, envelope, recipients = row
    return QueueItem(
        queue_id=queue_id,
        envelope=_ENVELOPE.decode(envelope),
        content_id=content_id,
        size_octets=size_octets,
        message_id=message_id,
        arrived=arrived,
        origin=origin,
        recipients=_RECIPIENTS.decode(recipients),
        held=bool(held),
        warned=bool(warned),
    )


def enqueue(work: Workspace, change: Enqueue) -> QueueItem:
    item = new_item(change, work.content_id(change.content))
    work.add_to_queue(
        (
            item.queue_id,
            item.content_id,
            item.size_octets,
            item.message_id,
            item.arrived,
            item.origin,
            0,
            0,
            due(item),
            _ENCODE(item.envelope),
            _ENCODE(item.recipients),
        )
    )
    return item


def update_queue(work: Workspace, change: UpdateQueue) -> None:
    work.flush()
    row = work.connection.execute(
        f"SELECT {QUEUE_COLUMNS} FROM queue WHERE queue_id = ?",  # noqa: S608 - our own column list
        (change.queue_id,),
    ).fetchone()
    if row is None:
        return
    item = updated_item(item_from_row(row), change)
    work.execute(
        "UPDATE queue SET held = ?, warned = ?, next_due = ?, recipients = ? WHERE queue_id = ?",
        (item.held, item.warned, due(item), _ENCODE(item.recipients), item.queue_id),
    )


def remove_from_queue(work: Workspace, change: RemoveFromQueue) -> None:
    work.remove_from_queue(change.queue_id)
