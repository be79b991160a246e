"""The stream below POP3 and ManageSieve: lines and octets in order, bounded, in the clear or under TLS."""

import asyncio
import ssl
from collections.abc import Callable

from termail.mra.errors import RetrievalError


class Stream(asyncio.Protocol):
    """Awaited by one task. `gone` makes the protocol's own error of why the connection ended."""

    def __init__(self, gone: Callable[[str], RetrievalError], *, line_octets: int, silence_seconds: float) -> None:
        self._gone = gone
        self._line_octets = line_octets
        self._silence_seconds = silence_seconds
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
        is_full = len(self._buffer) > 2 * self._line_octets
        if is_full and self._waiter is None and self._is_reading and self._transport is not None:
            self._is_reading = False
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits learns it at once."""
        self._ended = str(error) if error is not None and str(error) else "the server hung up"
        self._wake()

    def write(self, line: bytes) -> None:
        """One command, its end added. Raises `gone`."""
        self._open_transport().write(line + b"\r\n")

    async def line(self) -> bytes:
        """The next line without its end. Raises `gone`."""
        while (end := self._buffer.find(b"\n", self._scanned)) < 0:
            self._scanned = len(self._buffer)
            if self._scanned > self._line_octets:
                raise self.cut("the server sent a line without end")
            await self._more()
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        self._take(end + 1)
        return line

    async def octets(self, count: int) -> bytes:
        """The next octets, line ends and all. Raises `gone`."""
        while len(self._buffer) < count:
            await self._more()
        octets = bytes(self._buffer[:count])
        self._take(count)
        return octets

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """What came in the clear after the server's reply is forgotten (RFC 2595 §4). Raises `gone`, OSError."""
        transport = self._open_transport()
        self._take(len(self._buffer))
        self._transport = await asyncio.get_running_loop().start_tls(
            transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if self._transport is None:
            raise self._gone("the server hung up instead of starting TLS")

    def cut(self, why: str) -> RetrievalError:
        """Hang up now: → the error to raise."""
        self.abort()
        return self._gone(why)

    def abort(self) -> None:
        """Hang up now."""
        if self._transport is not None:
            self._transport.abort()

    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None or self._ended or self._transport.is_closing():
            raise self._gone(self._ended or "the connection is closed")
        return self._transport

    def _take(self, count: int) -> None:
        del self._buffer[:count]
        self._scanned = 0

    async def _more(self) -> None:
        if self._ended:
            raise self._gone(self._ended)
        if not self._is_reading and self._transport is not None:
            self._is_reading = True
            self._transport.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._silence_seconds):
                await self._waiter
        except TimeoutError:
            raise self.cut(f"the server said nothing for {self._silence_seconds:.0f} s") from None
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
