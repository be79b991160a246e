"""The listener: one port, its limits, and the owner of every dialogue on it."""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

from bundled_server.config import Limits
from bundled_server.net.connection import TLS_SHUTDOWN_SECONDS, Connection
from bundled_server.net.driver import Link, Session, drive
from bundled_server.protocols.machine import Machine

BACKLOG = 1024
STOP_SECONDS = 3.0
ACCEPT_RETRY_SECONDS = 1.0

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
        shows_ciphertext: bool = False,
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
        self._shows_ciphertext = shows_ciphertext
        self._server: asyncio.Server | None = None
        self._tls_socket: socket.socket | None = None
        self._acceptor: asyncio.Task[None] | None = None
        self._dialogues: dict[asyncio.Task[None], str] = {}
        self._links: set[Link] = set()
        self._handshakes: set[asyncio.Task[None]] = set()
        self._per_address: Counter[str] = Counter()
        self._accepted = 0
        self.port = 0

    @property
    def connections(self) -> int:
        """How many dialogues are open."""
        return len(self._dialogues)

    async def open(self) -> None:
        """Start to accept. Raises OSError when the port cannot be had."""
        if self._implicit_tls:
            self._open_tls()
            return
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
        await self._stop_accepting()
        for handshake in self._handshakes:
            handshake.cancel()  # nobody to say goodbye to
        for link in self._links:
            link.stop()
        if self._dialogues:
            await asyncio.wait(self._dialogues, timeout=seconds)
        remaining = list(self._dialogues)
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)

    async def _stop_accepting(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._acceptor is not None:
            self._acceptor.cancel()
            await asyncio.gather(self._acceptor, return_exceptions=True)
            self._acceptor = None
        if self._tls_socket is not None:
            self._tls_socket.close()
            self._tls_socket = None

    async def __aenter__(self) -> "Listener":
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # STARTTLS and plain ports: the event loop accepts

    def _connected(self, connection: Connection) -> None:
        address = connection.peer_address[0]
        if self._server is None:
            connection.abort()
        elif self._is_full(address):
            connection.write(self._busy_line)
            connection.close()
        else:
            self._begin(address, self._talk(connection))

    # Implicit TLS: accepted here, so that a peer counts from its first octet and not only after its handshake

    def _open_tls(self) -> None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.create_server((self._host, self._requested_port), family=family, backlog=BACKLOG)
        listening.setblocking(False)
        self._tls_socket = listening
        self.port = int(listening.getsockname()[1])
        self._acceptor = asyncio.get_running_loop().create_task(self._accept_tls(listening), name=self._name)

    async def _accept_tls(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, name = await loop.sock_accept(listening)
            except OSError as weather:
                logger.error("%s: cannot accept: %s", self._name, weather)
                await asyncio.sleep(ACCEPT_RETRY_SECONDS)
                continue
            if self._is_full(name[0]):
                peer.close()
            else:
                self._begin(name[0], self._shake_hands(peer))

    async def _shake_hands(self, peer: socket.socket) -> None:
        connection = Connection(self._limits.output_buffer_octets)
        task = asyncio.current_task()
        assert task is not None
        self._handshakes.add(task)
        try:
            if self._shows_ciphertext and self._tls is not None:
                connection.shows_ciphertext = True
                await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, peer)
                await connection.start_tls(self._tls, self._idle_seconds)
            else:
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: connection,
                    peer,
                    ssl=self._tls,
                    ssl_handshake_timeout=self._idle_seconds,
                    ssl_shutdown_timeout=TLS_SHUTDOWN_SECONDS,
                )
        except (OSError, TimeoutError) as weather:
            logger.debug("%s: TLS handshake: %s", self._name, weather)
            return
        finally:
            self._handshakes.discard(task)
        await self._talk(connection)

    # both

    def _is_full(self, address: str) -> bool:
        limits = self._limits
        is_full = (
            len(self._dialogues) >= limits.connections
            or self._per_address[address] >= limits.connections_per_address
        )
        if is_full:
            logger.warning("%s: too many connections, refusing [%s]", self._name, address)
        return is_full

    def _begin(self, address: str, dialogue: Coroutine[Any, Any, None]) -> None:
        self._per_address[address] += 1
        task = asyncio.get_running_loop().create_task(dialogue)
        self._dialogues[task] = address
        task.add_done_callback(self._ended)

    async def _talk(self, connection: Connection) -> None:
        self._accepted += 1
        link = Link(
            connection,
            session_id=f"{self._name}-{self._accepted:06d}",
            idle_seconds=self._idle_seconds,
            tls_context=self._tls,
            transaction_seconds=self._limits.transaction_seconds,
        )
        self._links.add(link)
        try:
            machine, session = self._sessions(link)
            await drive(link, machine, session)
        finally:
            self._links.discard(link)
            connection.abort()

    def _ended(self, task: asyncio.Task[None]) -> None:
        address = self._dialogues.pop(task)
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]
        if not task.cancelled() and (fault := task.exception()) is not None:
            logger.error("%s: %s", self._name, fault, exc_info=fault)
