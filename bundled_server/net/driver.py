"""The one read/write loop: it drives any protocol machine and its session over one connection."""

import ssl
from dataclasses import dataclass
from typing import Any, Protocol

from bundled_server.net.connection import Connection
from bundled_server.protocols.machine import Machine


class Session(Protocol):
    """The policy above a machine. The driver calls `open` once (greeting), `handle` for each event, `woken`
    after `Link.wake`, `timed_out` when the deadline passed, and `close` exactly once at the end."""

    async def open(self) -> None: ...

    async def handle(self, event: Any) -> None: ...

    async def woken(self) -> None: ...

    async def timed_out(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class Link:
    """What a session may do with its connection: know the peer, flush what the machine holds (waiting while the
    peer does not read), be woken from elsewhere, and set how long the peer may be silent."""

    connection: Connection
    session_id: str
    idle_seconds: float
    tls_context: ssl.SSLContext | None
    machine: Machine[Any] | None = None

    @property
    def peer(self) -> str:
        return self.connection.peer_address[0]

    @property
    def is_tls(self) -> bool:
        return self.connection.is_tls

    @property
    def tls_version(self) -> str:
        return self.connection.tls_version

    @property
    def offers_tls(self) -> bool:
        return self.tls_context is not None and not self.connection.is_tls

    def wake(self) -> None:
        self.connection.wake()

    async def flush(self) -> None:
        """Write the machine's output and wait until the peer has taken enough of it."""
        assert self.machine is not None
        self.connection.write(self.machine.take_output())
        await self.connection.drain(self.idle_seconds)


class PeerLeft(Exception):
    """The peer closed the connection or stopped reading."""


async def drive(link: Link, machine: Machine[Any], session: Session) -> None:
    """Run one dialogue to its end. Ends by closing the connection, whatever happened."""
    link.machine = machine
    connection = link.connection
    try:
        await session.open()
        await link.flush()
        while not machine.closing:
            await _one_turn(link, machine, session)
            await link.flush()
            if machine.wants_tls and link.tls_context is not None:
                await connection.start_tls(link.tls_context, link.idle_seconds)
                machine.tls_started()
    except (PeerLeft, ConnectionError, TimeoutError, ssl.SSLError):
        connection.abort()
    finally:
        try:
            await session.close()
        finally:
            connection.close()


async def _one_turn(link: Link, machine: Machine[Any], session: Session) -> None:
    """Handle one event, one wake-up, or wait for more input."""
    connection = link.connection
    event = machine.next_event()
    if event is not None:
        await session.handle(event)
        return
    if connection.woken:
        connection.woken = False
        await session.woken()
        return
    data = connection.take()
    if data:
        machine.receive(data)
        return
    if connection.at_eof:
        machine.receive_eof()
        raise PeerLeft
    try:
        await connection.wait(link.idle_seconds)
    except TimeoutError:
        await session.timed_out()
        await link.flush()
        raise PeerLeft from None
