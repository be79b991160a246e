"""One queue item in the runner's hands: its recipients by destination, and what became of them this round."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, split_address
from bundled_server.mailbox.changes import QueuedRecipient, QueueItem, RecipientState
from bundled_server.mailbox.content import Content

LOCAL = ""
RECIPIENTS_PER_TRANSACTION = 100  # what every server has to take (RFC 5321 §4.5.3.1.8)


@dataclass(slots=True, eq=False)
class Job:
    """`content` is None when it has to be read from the store; `pending` counts destinations without an answer;
    `states` holds what this round decided, by address; `dropped` tells that the item was deleted meanwhile;
    `overflow` are destinations whose lanes had no room, to be seen to after this round."""

    item: QueueItem
    content: Content | None
    pending: int = 0
    states: dict[str, QueuedRecipient] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    dropped: bool = False
    overflow: set[str] = field(default_factory=set)

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


def errands_of(job: Job, destination_of: Callable[[str], str], now: float) -> list[Errand]:
    """What is due, divided by destination, and for remote ones into single transactions: the sooner the outcome of
    each is written down, the less is sent twice after a crash."""
    recipients = due_recipients(job.item, now)
    if len(recipients) == 1:
        return [Errand(job, destination_of(recipients[0].recipient.address), (recipients[0],))]
    grouped: dict[tuple[str, str], list[QueuedRecipient]] = {}
    for queued in recipients:
        destination = destination_of(queued.recipient.address)
        domain = "" if destination == LOCAL else split_address(queued.recipient.address)[1]
        grouped.setdefault((destination, domain), []).append(queued)
    return [
        Errand(job, destination, tuple(members[start : start + step]))
        for (destination, _), members in grouped.items()
        for step in (len(members) if destination == LOCAL else RECIPIENTS_PER_TRANSACTION,)
        for start in range(0, len(members), step)
    ]


def all_deferred(errand: Errand, text: str) -> list[Outcome]:
    """Nobody could be reached now, for a reason of ours."""
    return [Outcome(queued.recipient, Verdict.DEFERRED, "4.3.0", text) for queued in errand.recipients]
