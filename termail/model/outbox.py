"""The outbox as the client shows it: one item for each message on its way out."""

from enum import StrEnum

import msgspec


class OutboxState(StrEnum):
    """Where an outgoing message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    POSSIBLY_SENT = "possibly sent"
    SENT = "sent"
    FAILED = "failed"


class OutboxPart(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message for some of its recipients."""

    state: OutboxState
    recipients: tuple[str, ...]
    reason: str = ""
    next_try: float = 0.0


class OutboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """`not_before` and `next_try` in epoch seconds; `reason` is the last thing a server or the network said.
    `transcript` holds the SMTP dialogue of the last attempt as "C: …"/"S: …" lines, secrets masked. A remainder
    is for recipients an earlier attempt did not reach; the others have the message, and its copy is in Sent.
    `reports` is what delivery reports said of it since, in words."""

    outbox_id: int
    account: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id_header: str
    size_octets: int
    state: OutboxState
    queued: float
    not_before: float
    next_try: float
    attempts: int
    reason: str = ""
    transcript: tuple[str, ...] = ()
    is_remainder: bool = False
    wants_report: bool = False
    reports: tuple[str, ...] = ()
