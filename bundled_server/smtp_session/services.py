"""What an SMTP dialogue is given: its connection, and what all dialogues of one port share."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bundled_server.config import Limits
from bundled_server.courier import Outcome
from bundled_server.envelope import Envelope
from bundled_server.journal import Journal
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_policy import Accept, Policy


class SessionLink(Protocol):
    """What the session needs of `net.driver.Link`."""

    session_id: str
    is_stopping: bool

    @property
    def peer(self) -> str: ...

    @property
    def is_tls(self) -> bool: ...

    @property
    def tls_version(self) -> str: ...

    @property
    def offers_tls(self) -> bool: ...

    async def flush(self) -> None: ...


Turn = Callable[[str], Awaitable[Reply]]
"""Answers ETRN for one node (RFC 1985)."""


Deliver = Callable[[str, Envelope, list[bytes]], Awaitable[Sequence[Outcome]]]
"""Brings a message (queue id, envelope, pieces that may be let go of) into mailboxes: one outcome for each
recipient, in order."""


@dataclass(frozen=True, slots=True)
class SmtpServices:
    """Everything that the dialogues of one port share. `new_queue_id` names a message before it is accepted, so
    that its Received field, our reply and the queue call it the same. Without
    `turn` there is no ETRN; with `deliver` the port speaks LMTP."""

    hostname: str
    policy: Policy
    accept: Accept
    new_queue_id: Callable[[], str]
    journal: Journal
    limits: Limits = field(default_factory=Limits)
    journal_wire: bool = False
    turn: Turn | None = None
    deliver: Deliver | None = None

    @property
    def is_lmtp(self) -> bool:
        """Whether this port speaks LMTP: mail is delivered instead of being queued."""
        return self.deliver is not None
