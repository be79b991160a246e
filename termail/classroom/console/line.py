"""The console's connection: lines out, lines in, TLS when both sides agreed to it."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from termail.classroom.console.guide import Guide

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 15.0
LINE_OCTETS: Final = 1_000_000
SERVICES: Final = {
    "smtp": ("smtp", 25),
    "submission": ("smtp", 587),
    "submissions": ("smtp", 465),
    "pop3": ("pop3", 110),
    "pop3s": ("pop3", 995),
    "imap": ("imap", 143),
    "imaps": ("imap", 993),
}
TLS_PORTS: Final = frozenset({465, 993, 995})
_BY_PORT: Final = {port: protocol for protocol, port in SERVICES.values()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the console connects: `name` is what people call it, `tls` from the first octet."""

    name: str
    host: str
    port: int
    protocol: str
    tls: bool = False


class NoPlace(ValueError):
    """What was typed is no place; the text says what is one."""


def parse_place(text: str) -> Place:
    """HOST:PORT or a service's name before a colon (smtp:mail.example.org). Raises NoPlace."""
    service, colon, rest = text.partition(":")
    if colon and service in SERVICES:
        protocol, port = SERVICES[service]
        return Place(text, rest, port, protocol, port in TLS_PORTS)
    host, colon, port_text = text.rpartition(":")
    if not colon or not host or not (port_text.isascii() and port_text.isdigit() and 0 < int(port_text) < 65536):
        names = ", ".join(SERVICES)
        raise NoPlace(f"{text!r} is no place: write HOST:PORT, or SERVICE:HOST with one of {names}")
    port = int(port_text)
    return Place(text, host.strip("[]"), port, _BY_PORT.get(port, "smtp"), port in TLS_PORTS)


class ConsoleLine(asyncio.Protocol):
    """`heard` gets ("C" or "S", line, whether it is part of a message); "" for what happened."""

    def __init__(
        self, place: Place, heard: Callable[[str, str, bool], None], contexts: Callable[[], ssl.SSLContext]
    ) -> None:
        self.place = place
        self.guide = Guide(place.protocol)
        self._heard = heard
        self._contexts = contexts
        self._transport: Any = None
        self._buffer = b""
        self._answered = asyncio.Event()
        self._securing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Lines can be typed."""
        return self._transport is not None and not self._transport.is_closing()

    async def open(self) -> None:
        """Connect. Raises OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        context = self._contexts() if self.place.tls else None
        async with asyncio.timeout(CONNECT_SECONDS):
            await loop.create_connection(lambda: self, self.place.host, self.place.port, ssl=context)
        self.guide.is_encrypted = self.place.tls

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def type(self, text: str) -> None:
        """One line to the server. Raises ConnectionError when there is no connection."""
        if not self.is_open:
            raise ConnectionError("the connection is closed")
        is_content = self.guide.is_content
        shown = self.guide.hidden(text)
        self.guide.tag_used(text)
        self.guide.said(text)
        self._answered.clear()
        self._heard("C", shown, is_content)
        self._transport.write(text.encode("utf-8", "replace") + b"\r\n")

    async def answered(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Until the answer is complete (at once inside a message) → False when it takes too long."""
        if not self.guide.is_waiting and not self._is_securing:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._answered.wait()
                if self._securing is not None:
                    await asyncio.wait({self._securing})
        except TimeoutError:
            return False
        return True

    @property
    def _is_securing(self) -> bool:
        return self._securing is not None and not self._securing.done()

    # --- the wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._hear(line.rstrip(b"\r").decode("utf-8", "backslashreplace"))
        if len(self._buffer) > LINE_OCTETS:
            self._heard("", "a line without an end: hung up", False)
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.guide.state = "closed"
        self.guide.is_waiting = False
        self._answered.set()
        self._heard("", f"the connection is closed{f': {error}' if error else ''}", False)

    def _hear(self, text: str) -> None:
        self.guide.heard(text)
        self._heard("S", text, False)
        if self.guide.wants_tls and not self.guide.is_waiting:
            if text.startswith(("220", "+OK")) or " OK" in text[:40]:
                self._securing = asyncio.get_running_loop().create_task(self._secure())
            self.guide.wants_tls = False
        if not self.guide.is_waiting:
            self._answered.set()

    async def _secure(self) -> None:
        """Begin TLS; what came in the clear behind the answer is thrown away (RFC 3207 §4.2)."""
        self._buffer = b""
        loop = asyncio.get_running_loop()
        try:
            self._transport = await loop.start_tls(
                self._transport, self, self._contexts(), server_hostname=self.place.host
            )
        except OSError as error:
            self._heard("", f"TLS did not begin: {error}", False)
            self.close()
            return
        self.guide.secured()
        details = self._transport.get_extra_info("ssl_object")
        version = details.version() if details is not None else "TLS"
        self._heard("", f"from here on {version}: nobody on the way can read it", False)
