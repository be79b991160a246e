"""What the SMTP machine tells the session besides the commands themselves."""

from dataclasses import dataclass, field

from bundled_server.protocols.smtp.commands import Command
from bundled_server.protocols.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """One line of an AUTH exchange, base64 or "*"."""

    response: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """One chunk after BDAT, not the last one."""

    octets: int


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The whole message, with CRLF line ends; `is_binary` (BODY=BINARYMIME) promises none. Whoever takes the
    message empties `chunks`, so that no octets are held twice."""

    chunks: list[bytes] = field(repr=False)
    size_octets: int
    is_binary: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The machine cannot take what came; the session sends `reply` (or, tired of it, a 421)."""

    reply: Reply


Event = Command | AuthResponse | ChunkReceived | MessageReceived | Refused
"""What `SmtpMachine.next_event` answers."""
