"""The relay's open connections: a few for each destination, used again while mail for it keeps coming."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bundled_server.mta.relay_connection import Identity, RelayConnection, Tap, Timeouts, Unreachable
from bundled_server.mta.routing import Hop, Security

KEEP_IDLE_SECONDS = 1.0


@dataclass(slots=True)
class _Destination:
    slots: asyncio.Semaphore
    users: int = 0
    idle: list[tuple[RelayConnection, asyncio.TimerHandle]] = field(default_factory=list)


class RelayPool:
    """Lends connections. At most `per_destination` to one hop at a time; an idle one says QUIT soon."""

    def __init__(
        self,
        *,
        local_hostname: str,
        timeouts: Timeouts,
        tls: ssl.SSLContext | None,
        verified_tls: ssl.SSLContext | None = None,
        identity: Identity | None = None,
        per_destination: int = 5,
        keep_idle_seconds: float = KEEP_IDLE_SECONDS,
    ) -> None:
        self._local_hostname = local_hostname
        self._timeouts = timeouts
        self._tls = tls
        self._verified_tls = verified_tls
        self._identity = identity
        self._per_destination = per_destination
        self._keep_idle_seconds = keep_idle_seconds
        self._destinations: dict[Hop, _Destination] = {}
        self._opened = 0
        self._quitting: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lend(self, hop: Hop, tap: Tap | None) -> AsyncIterator[RelayConnection]:
        """A connection ready for MAIL. Raises Unreachable when there is none to be had. It is kept for the next
        one when the block ends without an exception and it is still open."""
        destination = self._destinations.setdefault(hop, _Destination(asyncio.Semaphore(self._per_destination)))
        destination.users += 1
        try:
            async with destination.slots:
                connection = await self._ready(hop, destination, tap)
                try:
                    yield connection
                except BaseException:
                    connection.close()
                    raise
                self._keep(destination, connection)
        finally:
            destination.users -= 1
            self._forget_if_unused(hop, destination)

    async def close(self) -> None:
        """Say QUIT on every idle connection."""
        for destination in self._destinations.values():
            for connection, timer in destination.idle:
                timer.cancel()
                self._retire(connection)
            destination.idle.clear()
        self._destinations.clear()
        if self._quitting:
            _, late = await asyncio.wait(self._quitting, timeout=2.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _ready(self, hop: Hop, destination: _Destination, tap: Tap | None) -> RelayConnection:
        while destination.idle:
            connection, timer = destination.idle.pop()
            timer.cancel()
            connection.tap = tap
            try:
                if connection.is_open and (await connection.command("RSET")).is_positive:
                    return connection
            except Unreachable:
                pass  # it went away while idle: the next one, or a new one
            connection.close()
        return await self._new(hop, tap)

    async def _new(self, hop: Hop, tap: Tap | None) -> RelayConnection:
        connection = self._make(hop, tap)
        if hop.security is not Security.OPPORTUNISTIC:
            await connection.open(tls=self._verified_tls)
            if self._identity is not None:
                await connection.log_in(self._identity)
            return connection
        try:
            await connection.open(tls=self._tls)
        except Unreachable:
            if not connection.tls_failed:
                raise
            connection = self._make(hop, tap)
            await connection.open(tls=None)
        return connection

    def _make(self, hop: Hop, tap: Tap | None) -> RelayConnection:
        self._opened += 1
        return RelayConnection(hop, self._local_hostname, self._timeouts, tap, f"relay-{self._opened:06d}")

    def _keep(self, destination: _Destination, connection: RelayConnection) -> None:
        if not connection.is_open:
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._keep_idle_seconds, self._idle_too_long, destination, connection)
        destination.idle.append((connection, timer))

    def _idle_too_long(self, destination: _Destination, connection: RelayConnection) -> None:
        destination.idle = [entry for entry in destination.idle if entry[0] is not connection]
        self._retire(connection)
        self._forget_if_unused(connection.hop, destination)

    def _retire(self, connection: RelayConnection) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit(), name=f"quit {connection.hop.hostname}")
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    def _forget_if_unused(self, hop: Hop, destination: _Destination) -> None:
        if not destination.users and not destination.idle and self._destinations.get(hop) is destination:
            del self._destinations[hop]
