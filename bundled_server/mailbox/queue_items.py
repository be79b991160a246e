"""How queue items begin, change and come due, whatever keeps them."""

from dataclasses import replace

from bundled_server.mailbox.changes import Enqueue, QueuedRecipient, QueueItem, RecipientState, UpdateQueue


def new_item(change: Enqueue, content_id: int) -> QueueItem:
    """The item that Enqueue makes: every recipient waits, due at once."""
    return QueueItem(
        queue_id=change.queue_id,
        envelope=change.envelope,
        content_id=content_id,
        size_octets=len(change.content.data),
        message_id=_clean(change.message_id),
        arrived=change.arrived,
        origin=change.origin,
        recipients=tuple(
            QueuedRecipient(recipient, RecipientState.WAITING, 0, change.arrived)
            for recipient in change.envelope.recipients
        ),
    )


def updated_item(item: QueueItem, change: UpdateQueue) -> QueueItem:
    """The item after UpdateQueue: recipients replaced by address, marks where they are given."""
    news = {
        queued.recipient.address: replace(queued, text=_clean(queued.text), remote=_clean(queued.remote))
        for queued in change.recipients
    }
    return replace(
        item,
        recipients=tuple(news.get(queued.recipient.address, queued) for queued in item.recipients),
        held=item.held if change.held is None else change.held,
        warned=item.warned if change.warned is None else change.warned,
    )


def _clean(text: str) -> str:
    """Words of strangers, as text that can be stored: what was not valid UTF-8 becomes question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def due(item: QueueItem) -> float | None:
    """When the item wants an attempt; None when it is held or waits for nothing."""
    if item.held:
        return None
    waiting = (q.next_try for q in item.recipients if q.state is RecipientState.WAITING)
    return min(waiting, default=None)
