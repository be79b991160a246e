"""What travels under TLS: a transport that shows the octets of both directions as they go over the wire."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

SeeOctets = Callable[[str, bytes], None]
"""Called with "C" or "S" and a piece of ciphertext, the handshake included."""


def seen(transport: asyncio.Transport, see: SeeOctets) -> asyncio.Transport:
    """The transport to hand to `loop.start_tls`. Where the event loop has transports of another kind (uvloop) it
    is the given one, and nothing is seen."""
    if not getattr(transport, "_start_tls_compatible", False):
        return transport
    return cast(asyncio.Transport, _SeenTransport(transport, see))


class _SeenTransport:
    """Everything is the inner transport's, but it shows what is written, and what its protocol receives."""

    _start_tls_compatible = True

    def __init__(self, inner: asyncio.Transport, see: SeeOctets) -> None:
        self._inner = inner
        self._see = see

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes) -> None:
        self._see("S", bytes(data))
        self._inner.write(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def set_protocol(self, protocol: asyncio.BufferedProtocol) -> None:
        self._inner.set_protocol(_SeenProtocol(protocol, self._see))


class _SeenProtocol(asyncio.BufferedProtocol):
    """The TLS layer's protocol, and a look at what it receives."""

    def __init__(self, inner: asyncio.BufferedProtocol, see: SeeOctets) -> None:
        self._inner = inner
        self._see = see
        self._buffer: Any = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> Any:
        self._buffer = self._inner.get_buffer(sizehint)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._see("C", bytes(self._buffer[:nbytes]))
        self._inner.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
