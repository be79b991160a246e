"""The courier: the one Protocol that every delivery path (local, relay) fulfils."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bundled_server.envelope import Envelope, Recipient


class Verdict(Enum):
    """How an attempt at one recipient ended."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one recipient. `status` is the enhanced code (RFC 3463), `text` the words of whoever
    decided, `remote` the host that said so ("" when it was us). A verdict is a value, never an exception."""

    recipient: Recipient
    verdict: Verdict
    status: str
    text: str
    remote: str = ""


class Courier(Protocol):
    """Takes one message to some of its recipients; answers one outcome for each, in order, and never raises
    for the weather (no route, time-out, full disk): that is DEFERRED with its reason."""

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]: ...
