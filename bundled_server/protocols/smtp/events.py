"""What the SMTP machine tells the session besides the commands themselves."""

from dataclasses import dataclass, field

from bundled_server.protocols.smtp.commands import Command
from bundled_server.protocols.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """One line of an AUTH exchange, base64 or "*"."""

    response: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The message after DATA, dots taken off, CRLF line ends."""

    chunks: tuple[bytes, ...] = field(repr=False)
    size_octets: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The machine cannot take what came; the session sends `reply` (or, tired of it, a 421)."""

    reply: Reply


Event = Command | AuthResponse | MessageReceived | Refused
"""What `SmtpMachine.next_event` answers."""
