"""One TCP connection as the driver sees it: bounded input, output with back-pressure, a wake-up, TLS."""

import asyncio
import ssl
from contextlib import suppress

READ_HIGH_WATER_OCTETS = 262_144


class Connection(asyncio.Protocol):
    """Collects what arrives, stops reading when nobody takes it, and lets `wait` be woken by data, by the end
    of the stream or by `wake` (a mailbox changed, the server stops)."""

    def __init__(self, output_high_water_octets: int) -> None:
        self._output_high_water_octets = output_high_water_octets
        self._transport: asyncio.Transport | None = None
        self._received: list[bytes] = []
        self._received_octets = 0
        self._reading_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.at_eof = False
        self.woken = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._output_high_water_octets)

    def data_received(self, data: bytes) -> None:
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
        self._writable.set()
        self._notify()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # the driver's side

    @property
    def peer_address(self) -> tuple[str, int]:
        name = self._live_transport().get_extra_info("peername") or ("", 0)
        return str(name[0]), int(name[1])

    @property
    def is_tls(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

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
        if not self._received:
            return b""
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        self._received_octets = 0
        if self._reading_paused and not self.at_eof:
            self._reading_paused = False
            self._live_transport().resume_reading()
        return data

    async def wait(self, seconds: float | None) -> None:
        """Return on data, end of stream or wake-up; raise TimeoutError after `seconds`."""
        if self._received or self.at_eof or self.woken:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Make `wait` return although nothing arrived."""
        self.woken = True
        self._notify()

    def write(self, data: bytes) -> None:
        """Queue `data`; follow with `drain` so that a peer that does not read holds us back."""
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

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
        loop = asyncio.get_running_loop()
        upgraded = await loop.start_tls(transport, self, context, server_side=True, ssl_handshake_timeout=seconds)
        if upgraded is None:
            raise ConnectionResetError("the peer left during the TLS handshake")
        self._transport = upgraded
        upgraded.set_write_buffer_limits(high=self._output_high_water_octets)

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _live_transport(self) -> asyncio.Transport:
        assert self._transport is not None, "the connection was not made"
        return self._transport

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            with suppress(asyncio.InvalidStateError):
                self._waiter.set_result(None)
