"""POP3's lines under asyncio: replies in order, bounded, STLS with the plaintext thrown away."""

import asyncio
import ssl
from typing import Final

from termail.mra.pop.errors import PopGone
from termail.net.wire import MASK, Tap, no_tap, shown

LINE_OCTETS: Final = 1_000_000
"""RFC 1939 knows 512; real mail has longer lines."""
MESSAGE_OCTETS: Final = 150_000_000
LISTING_OCTETS: Final = 100_000_000
SILENCE_SECONDS: Final = 90.0


class PopProtocol(asyncio.Protocol):
    """Awaited one reply at a time by one task; commands may be sent ahead (PIPELINING, RFC 2449 §6.6)."""

    def __init__(self, tap: Tap = no_tap) -> None:
        self._tap = tap
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._scanned = 0
        self._waiter: asyncio.Future[None] | None = None
        self._ended = ""
        self._is_reading = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called again by nobody: start_tls keeps the protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Stop reading while nobody takes what came."""
        self._buffer += data
        if len(self._buffer) > 2 * LINE_OCTETS and self._waiter is None and self._is_reading and self._transport:
            self._is_reading = False
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits learns it at once."""
        self._ended = str(error) if error is not None and str(error) else "the server hung up"
        self._wake()

    def send(self, line: str, *, secret: bool = False) -> None:
        """One command. Raises PopGone, ValueError."""
        if any(ord(entry) < 0x20 or ord(entry) == 0x7F for entry in line):
            raise ValueError("a control character in a command")
        if self._transport is None or self._ended or self._transport.is_closing():
            raise PopGone(self._ended or "the connection is closed")
        self._tap("C", f"{line.split(' ')[0]} {MASK}" if secret else line)
        self._transport.write(line.encode("utf-8") + b"\r\n")

    async def line(self) -> bytes:
        """The next line without its end. Raises PopGone."""
        while True:
            end = self._buffer.find(b"\n", self._scanned)
            if end >= 0:
                line = bytes(self._buffer[:end]).removesuffix(b"\r")
                del self._buffer[: end + 1]
                self._scanned = 0
                return line
            self._scanned = len(self._buffer)
            if self._scanned > LINE_OCTETS:
                self.abort()
                raise PopGone("the server sent a line without end")
            await self._more()

    async def status_line(self) -> bytes:
        """A line of dialogue, told to the tap."""
        line = await self.line()
        if self._tap is not no_tap:
            self._tap("S", shown(line))
        return line

    async def block(self, limit_octets: int) -> list[bytes]:
        """The lines of a multi-line reply, dots taken off (RFC 1939 §3). Raises PopGone."""
        lines: list[bytes] = []
        octets = 0
        while (line := await self.line()) != b".":
            if line.startswith(b"."):
                line = line[1:]
            octets += len(line) + 2
            if octets > limit_octets:
                self.abort()
                raise PopGone(f"the server sent more than {limit_octets} octets at once")
            lines.append(line)
        if self._tap is not no_tap:
            self._tap("S", f"({len(lines)} lines, {octets} octets, then a dot)")
        return lines

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """RFC 2595 §4; what came in the clear after the reply is forgotten."""
        assert self._transport is not None
        self._buffer.clear()
        self._scanned = 0
        upgraded = await asyncio.get_running_loop().start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if upgraded is None:
            raise PopGone("the server hung up instead of starting TLS")
        self._transport = upgraded

    def abort(self) -> None:
        """Hang up now."""
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        if self._ended:
            raise PopGone(self._ended)
        if not self._is_reading and self._transport is not None:
            self._is_reading = True
            self._transport.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._waiter
        except TimeoutError:
            self.abort()
            raise PopGone(f"the server said nothing for {SILENCE_SECONDS:.0f} s") from None
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
