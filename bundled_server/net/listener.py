"""The listener: one port, its limits, and the owner of every dialogue on it."""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any

from bundled_server.config import Limits
from bundled_server.net.connection import Connection
from bundled_server.net.driver import Link, Session, drive
from bundled_server.protocols.machine import Machine

BACKLOG = 1024
STOP_SECONDS = 3.0

SessionFactory = Callable[[Link], tuple[Machine[Any], Session]]

logger = logging.getLogger(__name__)


class Listener:
    """Accepts connections on one port and runs `sessions(link)` for each until `close`.

    `name` prefixes session ids ("smtp-000123"). With a `tls` context the protocol offers STARTTLS, or TLS comes
    first when `implicit_tls`. `busy_line` is what a peer reads when there are too many connections. A port of 0
    picks a free one; `port` tells which.
    """

    def __init__(
        self,
        sessions: SessionFactory,
        *,
        name: str,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        busy_line: bytes = b"",
        idle_seconds: float | None = None,
    ) -> None:
        if implicit_tls and tls is None:
            raise ValueError("implicit TLS needs a TLS context")
        self._sessions = sessions
        self._name = name
        self._host = host
        self._requested_port = port
        self._limits = limits or Limits()
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._busy_line = busy_line
        self._idle_seconds = self._limits.idle_seconds if idle_seconds is None else idle_seconds
        self._server: asyncio.Server | None = None
        self._dialogues: dict[asyncio.Task[None], Link] = {}
        self._per_address: Counter[str] = Counter()
        self._accepted = 0
        self.port = 0

    @property
    def connections(self) -> int:
        """How many dialogues are open."""
        return len(self._dialogues)

    async def open(self) -> None:
        """Start to accept. Raises OSError when the port cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._limits.output_buffer_octets, self._connected),
            self._host,
            self._requested_port,
            backlog=BACKLOG,
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self, seconds: float = STOP_SECONDS) -> None:
        """Accept no more, let every session say goodbye, wait a little, then cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in self._dialogues.values():
            link.stop()
        if self._dialogues:
            await asyncio.wait(self._dialogues, timeout=seconds)
        remaining = list(self._dialogues)
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)

    async def __aenter__(self) -> "Listener":
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _connected(self, connection: Connection) -> None:
        address = connection.peer_address[0]
        if self._server is None:
            connection.abort()
            return
        if self._is_full(address):
            logger.warning("%s: too many connections, refusing [%s]", self._name, address)
            if not self._implicit_tls:
                connection.write(self._busy_line)
            connection.close()
            return
        self._accepted += 1
        link = Link(
            connection,
            session_id=f"{self._name}-{self._accepted:06d}",
            idle_seconds=self._idle_seconds,
            tls_context=self._tls,
            transaction_seconds=self._limits.transaction_seconds,
            implicit_tls=self._implicit_tls,
        )
        self._per_address[address] += 1
        task = asyncio.get_running_loop().create_task(self._run(link), name=link.session_id)
        self._dialogues[task] = link
        task.add_done_callback(self._ended)

    def _is_full(self, address: str) -> bool:
        limits = self._limits
        return (
            len(self._dialogues) >= limits.connections
            or self._per_address[address] >= limits.connections_per_address
        )

    async def _run(self, link: Link) -> None:
        machine, session = self._sessions(link)
        await drive(link, machine, session)

    def _ended(self, task: asyncio.Task[None]) -> None:
        address = self._dialogues.pop(task).peer
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]
        if not task.cancelled() and (fault := task.exception()) is not None:
            logger.error("%s: %s", task.get_name(), fault, exc_info=fault)
