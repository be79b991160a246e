"""The Policy Protocol: what an SMTP dialogue asks the agent it works for, the MSA or the MTA."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bundled_server.auth.login import SaslLogin
from bundled_server.envelope import Envelope
from bundled_server.journal import Agent, Step
from bundled_server.protocols.smtp.commands import Mail, Rcpt
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.protocols.smtp.trace import Trace, protocol_word, received_line


@dataclass(slots=True)
class Client:
    """The other side of one dialogue as far as it is known. `name` is what it said in HELO or EHLO, `tls` is ""
    in the clear, `user` is "" until it has authenticated, `lmtp` tells that it hands mail over by LMTP,
    `visit` is the gate's own memory of it."""

    session_id: str
    address: str
    name: str = ""
    extended: bool = False
    tls: str = ""
    user: str = ""
    lmtp: bool = False
    visit: object = None

    @property
    def is_loopback(self) -> bool:
        return self.address.startswith("127.") or self.address in ("::1", "::ffff:127.0.0.1")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message on its way in; `identifier` is the queue id it will have."""

    client: Client
    envelope: Envelope
    identifier: str


@dataclass(frozen=True, slots=True)
class NewHead:
    """How the accepted message differs from the one received: `head`, with every field of the new header, replaces
    its first `replaced_octets`."""

    head: bytes
    replaced_octets: int = 0
    message_id: str = ""


Accept = Callable[[Envelope, list[bytes], str, str], Awaitable[object]]
"""Takes an accepted message in pieces, the header whole in the first (the list is emptied, so that no octets are
held twice), with its origin ("submission" or "transfer") and its queue id; returns once it is durable. Raises
StoreUnavailable and DeliveryRefused."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What the gate says of a whole message: refuse it with `refusal`, or put `header` (whole fields) on top."""

    refusal: Reply | None = None
    header: bytes = b""


class Gate(Protocol):
    """The anti-spam and anti-virus filters as a dialogue meets them, stage by stage. A Reply refuses; one that
    closes (421, 521) ends the connection. `left` is told of every client that was let in by `connected`."""

    async def connected(self, client: Client) -> Reply | None: ...

    async def greeted(self, client: Client) -> Reply | None: ...

    async def sender(self, client: Client, sender: str) -> Reply | None: ...

    async def recipient(self, client: Client, sender: str, recipient: str) -> Reply | None: ...

    async def message(self, transaction: Transaction, content: bytes) -> Admission: ...

    def left(self, client: Client) -> None: ...


class Policy(Protocol):
    """One agent's rules. Every check answers a Reply to refuse; it never sends anything itself. The dialogue tells
    the `gate`, where there is one, of connection and greeting; the policy asks it for the rest."""

    agent: Agent
    step: Step
    origin: str
    gate: Gate | None

    def offered_mechanisms(self, client: Client) -> tuple[str, ...]:
        """The SASL mechanisms that this client may use now; empty hides AUTH."""
        ...

    def refuses_authentication(self, client: Client) -> Reply | None:
        """Why AUTH cannot be used now, None when it can."""
        ...

    def begin_login(self, client: Client) -> SaslLogin | None:
        """A login to be made by the mechanisms above; None where there are none."""
        ...

    async def check_mail(self, client: Client, command: Mail) -> str | Reply:
        """The sender as it goes into the envelope."""
        ...

    async def check_recipient(self, client: Client, sender: str, command: Rcpt) -> str | Reply:
        """The recipient as it goes into the envelope."""
        ...

    async def check_message(self, transaction: Transaction, content: bytes) -> NewHead | Reply:
        """The last word, with the whole message at hand."""
        ...

    async def verify(self, client: Client, name: str) -> Reply:
        """VRFY."""
        ...

    async def expand(self, client: Client, name: str) -> Reply:
        """EXPN."""
        ...


def trace_line(transaction: Transaction, hostname: str, now: float) -> bytes:
    """The Received field of one transaction."""
    client, envelope = transaction.client, transaction.envelope
    recipients = envelope.recipients
    return received_line(
        Trace(
            client_name=client.name,
            client_address=client.address,
            hostname=hostname,
            protocol=protocol_word(
                extended=client.extended,
                tls=bool(client.tls),
                authenticated=bool(client.user),
                utf8=envelope.smtputf8,
                lmtp=client.lmtp,
            ),
            identifier=transaction.identifier,
            time=now,
            tls=client.tls,
            recipient=recipients[0].address if len(recipients) == 1 else "",
        )
    )
