"""One IMAP command: its octets, who hears the answers, and how much may come."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from termail.mra.imap.responses import Response, Status
from termail.net.wire import MASK

LITERAL_MINUS_OCTETS: Final = 4096  # RFC 7888 §5


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument sent as {n} and n octets."""

    data: bytes


Part = bytes | Literal


@dataclass(slots=True, eq=False)
class Command:
    """`parts` are the octets after the tag. `heard` gets every untagged response while the command runs; answer
    to a continuation request by `answer`. `response_limit` and `octet_limit` of 0 mean the connection's own."""

    name: str
    parts: tuple[Part, ...]
    heard: Callable[[Response], None] | None = None
    answer: Callable[[bytes], bytes | None] | None = None
    response_limit: int = 0
    octet_limit: int = 0
    is_secret: bool = False
    is_patient: bool = False
    ends_plaintext: bool = False
    tag: str = ""
    done: "asyncio.Future[Status]" = field(init=False)
    is_abandoned: bool = False
    responses: int = 0
    octets: int = 0

    def __post_init__(self) -> None:
        self.done = asyncio.get_running_loop().create_future()

    def shown(self) -> bytes:
        """For the tap: no literal and no secret."""
        if self.is_secret:
            return f"{self.tag} {self.name} {MASK}".encode()
        body = b"".join(
            f"{{{len(part.data)}}}".encode() if isinstance(part, Literal) else part for part in self.parts
        )
        return self.tag.encode() + b" " + body


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Octets to write; then, when `waits`, a continuation request must come first."""

    data: bytes | memoryview
    waits: bool = False


def outgoing(command: Command, capabilities: frozenset[str]) -> list[Outgoing]:
    """The octets of a command, broken where the server must agree to a literal (RFC 9051 §4.3, RFC 7888)."""
    pieces: list[Outgoing] = []
    text = command.tag.encode() + b" "
    for part in command.parts:
        if isinstance(part, bytes):
            text += part
            continue
        size = len(part.data)
        at_once = "LITERAL+" in capabilities or ("LITERAL-" in capabilities and size <= LITERAL_MINUS_OCTETS)
        pieces.append(Outgoing(text + f"{{{size}{'+' if at_once else ''}}}\r\n".encode(), waits=not at_once))
        pieces.append(Outgoing(memoryview(part.data)))
        text = b""
    pieces.append(Outgoing(text + b"\r\n"))
    return pieces
