"""Queue items as plain tables, the same for the admin API and the command line."""

from typing import Any

from bundled_server.mailbox.changes import QueuedRecipient, QueueItem
from bundled_server.queue.spool import waiting


def summary(item: QueueItem) -> dict[str, Any]:
    """One line of a queue listing; times in epoch seconds."""
    open_recipients = waiting(item)
    return {
        "queue_id": item.queue_id,
        "sender": item.envelope.sender,
        "recipients": [queued.recipient.address for queued in open_recipients],
        "size_octets": item.size_octets,
        "arrived": item.arrived,
        "next_try": min((queued.next_try for queued in open_recipients), default=None),
        "held": item.held,
        "origin": item.origin,
        "message_id": item.message_id,
        "reason": next((queued.text for queued in open_recipients if queued.text), ""),
    }


def detail(item: QueueItem) -> dict[str, Any]:
    """Everything about one item but its content."""
    return summary(item) | {"recipients": [_recipient(queued) for queued in item.recipients]}


def _recipient(queued: QueuedRecipient) -> dict[str, Any]:
    return {
        "address": queued.recipient.address,
        "state": queued.state.value,
        "attempts": queued.attempts,
        "next_try": queued.next_try,
        "status": queued.status,
        "text": queued.text,
        "remote": queued.remote,
    }
