"""One TCP connection as the driver sees it: bounded input, output with back-pressure, a wake-up, TLS."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from bundled_server.net.ciphertext import SeeOctets, seen
from bundled_server.net.deflate import DeflateStream

READ_HIGH_WATER_OCTETS = 262_144
TLS_SHUTDOWN_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """Collects what arrives, stops reading when nobody takes it, and lets `wait` be woken by data, by the end
    of the stream or by `wake` (a mailbox changed, the server stops)."""

    def __init__(
        self, output_high_water_octets: int, on_made: Callable[["Connection"], None] | None = None
    ) -> None:
        self._output_high_water_octets = output_high_water_octets
        self._on_made = on_made
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._transport: asyncio.Transport | None = None
        self._received: list[bytes] = []
        self._received_octets = 0
        self._reading_paused = False
        self._discarding = False
        self._deflate: DeflateStream | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._peer_address: tuple[str, int] = ("", 0)
        self.at_eof = False
        self.woken = False
        self.shows_ciphertext = False
        self._see: SeeOctets | None = None
        self._unseen: list[tuple[str, bytes]] = []

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = stream = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        name = stream.get_extra_info("peername") or ("", 0)
        self._peer_address = (str(name[0]), int(name[1]))
        stream.set_write_buffer_limits(high=self._output_high_water_octets)
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._received.append(data)
        self._received_octets += len(data)
        if self._received_octets > READ_HIGH_WATER_OCTETS and not self._reading_paused:
            self._reading_paused = True
            self._live_transport().pause_reading()
        self._notify()

    def eof_received(self) -> bool:
        self.at_eof = True
        self._notify()
        return not self.is_tls

    def connection_lost(self, exc: Exception | None) -> None:
        self.at_eof = True
        self._lost.set()
        self._writable.set()
        self._notify()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # the driver's side

    @property
    def peer_address(self) -> tuple[str, int]:
        return self._peer_address

    @property
    def is_tls(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    @property
    def is_lost(self) -> bool:
        """Nothing can be sent any more."""
        return self._lost.is_set()

    @property
    def is_congested(self) -> bool:
        """The peer has not yet taken enough: `drain` would wait."""
        return not self._writable.is_set()

    @property
    def tls_version(self) -> str:
        """Protocol version and cipher, such as "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" in the clear."""
        tls = self._transport.get_extra_info("ssl_object") if self._transport else None
        if tls is None:
            return ""
        cipher = tls.cipher()
        return f"{tls.version()} {cipher[0]}" if cipher else str(tls.version())

    def take(self) -> bytes:
        """Everything received since the last call, b"" when nothing was."""
        deflate = self._deflate
        if deflate is not None and deflate.has_more:
            return deflate.inflate(b"", READ_HIGH_WATER_OCTETS)
        if not self._received:
            return b""
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        self._received_octets = 0
        if self._reading_paused and not self.at_eof:
            self._reading_paused = False
            self._live_transport().resume_reading()
        return data if deflate is None else deflate.inflate(data, READ_HIGH_WATER_OCTETS)

    async def wait(self, seconds: float | None) -> None:
        """Return on data, end of stream or wake-up; raise TimeoutError after `seconds`."""
        if self._received or self.at_eof or self.woken or (self._deflate is not None and self._deflate.has_more):
            return
        self._waiter = self._loop.create_future()
        if seconds is not None:
            self._arm(self._loop.time() + max(seconds, 0.0))
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._deadline = None

    def wake(self) -> None:
        """Make `wait` return although nothing arrived."""
        self.woken = True
        self._notify()

    def write(self, data: bytes) -> None:
        """Queue `data`; follow with `drain` so that a peer that does not read holds us back."""
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data if self._deflate is None else self._deflate.deflate(data))

    @property
    def is_deflated(self) -> bool:
        return self._deflate is not None

    def start_deflate(self) -> None:
        """From here on both directions are compressed; what was received but not taken is thrown away."""
        self._received.clear()
        self._received_octets = 0
        self._deflate = DeflateStream()

    async def drain(self, seconds: float | None) -> None:
        """Wait until the peer has taken enough; raise TimeoutError after `seconds`."""
        if not self._writable.is_set():
            async with asyncio.timeout(seconds):
                await self._writable.wait()

    async def start_tls(self, context: ssl.SSLContext, seconds: float) -> None:
        """Become the server side of a TLS connection; every plaintext byte still held is thrown away."""
        transport = self._live_transport()
        transport.pause_reading()
        self._received.clear()
        self._received_octets = 0
        self._reading_paused = False
        upgraded = await self._loop.start_tls(
            seen(transport, self._saw) if self.shows_ciphertext else transport,
            self,
            context,
            server_side=True,
            ssl_handshake_timeout=seconds,
            ssl_shutdown_timeout=TLS_SHUTDOWN_SECONDS,
        )
        if upgraded is None:
            raise ConnectionResetError("the peer left during the TLS handshake")
        self._transport = upgraded
        upgraded.set_write_buffer_limits(high=self._output_high_water_octets)

    def see_ciphertext(self, see: SeeOctets) -> None:
        """Show what travels under TLS; a handshake that was made before is shown now, where `shows_ciphertext` was
        set."""
        self.shows_ciphertext = True
        self._see = see
        for direction, octets in self._unseen:
            see(direction, octets)
        self._unseen.clear()

    def _saw(self, direction: str, octets: bytes) -> None:
        if self._see is None:
            self._unseen.append((direction, octets))
        else:
            self._see(direction, octets)

    async def finish(self, seconds: float) -> None:
        """Close so that the last words arrive: send them and the end of the stream, read and drop what the peer
        still sends (unread octets would make the kernel reset the connection), then close. At most `seconds`."""
        self._discarding = True
        self._deflate = None  # everything is written, and nothing is read any more
        self._received.clear()
        transport = self._transport
        try:
            if transport is None or self.is_lost:
                return
            async with asyncio.timeout(seconds):
                await self._read_to_the_end(transport)
                transport.close()
                await self._lost.wait()
        except (TimeoutError, OSError):
            self.abort()
        finally:
            self._forget_timer()

    async def _read_to_the_end(self, transport: asyncio.Transport) -> None:
        if self.at_eof or self.is_tls or not transport.can_write_eof():
            return
        transport.write_eof()
        if self._reading_paused:
            self._reading_paused = False
            transport.resume_reading()
        while not self.at_eof:
            self.woken = False
            await self.wait(None)

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once. Nobody may tell us that the connection is lost when this cuts a TLS handshake short, so
        it counts as lost from here on."""
        self._forget_timer()
        if self._transport is not None:
            self._transport.abort()
        self.at_eof = True
        self._lost.set()
        self._writable.set()

    def _live_transport(self) -> asyncio.Transport:
        assert self._transport is not None, "the connection was not made"
        return self._transport

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # One timer serves every `wait` of the connection: it is moved only when it fires too early, so that a busy
    # dialogue does not pay for a timer with each line.

    def _arm(self, deadline: float) -> None:
        self._deadline = deadline
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        if self._deadline is None or self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._timer_fired)
            return
        with suppress(asyncio.InvalidStateError):
            self._waiter.set_exception(TimeoutError())

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
