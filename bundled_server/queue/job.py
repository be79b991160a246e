"""One queue item in the runner's hands: its recipients by destination, and what became of them this round."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bundled_server.envelope import Envelope
from bundled_server.mailbox.changes import QueuedRecipient, QueueItem, RecipientState
from bundled_server.mailbox.content import Content

LOCAL = ""


@dataclass(slots=True, eq=False)
class Job:
    """`content` is None when it has to be read from the store; `pending` counts destinations without an answer;
    `states` holds what this round decided, by address; `dropped` tells that the item was deleted meanwhile."""

    item: QueueItem
    content: Content | None
    pending: int = 0
    states: dict[str, QueuedRecipient] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    dropped: bool = False

    def recipients(self) -> tuple[QueuedRecipient, ...]:
        """All recipients as they stand now."""
        return tuple(self.states.get(queued.recipient.address, queued) for queued in self.item.recipients)


@dataclass(frozen=True, slots=True)
class Errand:
    """The part of a job that goes to one destination."""

    job: Job
    destination: str
    recipients: tuple[QueuedRecipient, ...]

    @property
    def is_whole_job(self) -> bool:
        return len(self.recipients) == len(self.job.item.recipients)

    @property
    def envelope(self) -> Envelope:
        """The item's envelope with the recipients of this errand."""
        whole = self.job.item.envelope
        if self.is_whole_job:
            return whole
        return replace(whole, recipients=tuple(queued.recipient for queued in self.recipients))


def due_recipients(item: QueueItem, now: float) -> Sequence[QueuedRecipient]:
    """Those that wait and whose time has come."""
    return [
        queued for queued in item.recipients if queued.state is RecipientState.WAITING and queued.next_try <= now
    ]
