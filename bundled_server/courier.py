"""The courier: the one Protocol that every delivery path (local, relay) fulfils."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Change
from bundled_server.mailbox.content import Content


class Verdict(Enum):
    """How an attempt at one recipient ended."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one recipient. `status` is the enhanced code (RFC 3463), `text` the words of whoever
    decided, `remote` the host that said so ("" when it was us); `dsn_passed_on` tells that it took over the
    duty of reports on success (RFC 3461 §5.2.1), `expanded` that the address was a list of several, and that what
    becomes of each is not told on success (§5.2.7.3). A verdict is a value, never an exception."""

    recipient: Recipient
    verdict: Verdict
    status: str
    text: str
    remote: str = ""
    dsn_passed_on: bool = False
    expanded: bool = False


class DeliveryRefused(Exception):
    """The only recipient refuses the message while its sender is still on the line: that is better told there than
    by a bounce (RFC 5429 §2.1)."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class Courier(Protocol):
    """Takes one message to some of its recipients; answers one outcome for each, in order, and never raises
    for the weather (no route, time-out, full disk): that is DEFERRED with its reason."""

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]: ...


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """A delivery inside this host that is ready to be committed: `outcomes` hold, one for each recipient in order,
    once `changes` are durable; then `settled` is to be called with the results of the changes. One that
    `stands_alone` depends on what plans before it change: it holds only when they are durable."""

    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    settled: Callable[[tuple[Any, ...]], None]
    stands_alone: bool = False


class LocalPlanner(Protocol):
    """The MDA as the queue sees it: it says what to commit, so that the delivery and the end of the queue item
    are one commit, and many messages share one."""

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan: ...

    def forget(self) -> None:
        """A commit failed: trust nothing remembered of mailboxes."""
        ...
