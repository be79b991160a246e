"""A station: one host of the world that can be switched off and on again, on the same ports."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from bundled_server.config import HostSettings, Ports
from bundled_server.host.host import Host
from bundled_server.net.driver import Link
from bundled_server.world.places import Place

GOODBYE_SECONDS = 0.3


class Station:
    """`make` builds the host from its settings; every start is a new Host over the same data."""

    def __init__(self, place: Place, settings: HostSettings, make: Callable[[HostSettings], Host]) -> None:
        self.place = place
        self.host = make(settings)
        self.is_up = False
        self._settings = settings
        self._make = make
        self._links: set[Link] = set()
        self._is_quiet = asyncio.Event()
        self._kept_ports: list[socket.socket] = []

    def connected(self, link: Link) -> None:
        """A dialogue begins."""
        self._links.add(link)
        self._is_quiet.clear()

    def disconnected(self, link: Link) -> None:
        """A dialogue is over."""
        self._links.discard(link)
        if not self._links:
            self._is_quiet.set()

    async def start(self) -> None:
        """Open the host, on the ports it had before. Raises HostCannotStart."""
        if self.is_up:
            return
        if self.host.bound_ports:
            self.host = self._make(self._settings)
        self._let_ports_go()
        await self.host.open()
        self.is_up = True
        self._settings = replace(self._settings, ports=Ports(**self.host.bound_ports))

    async def stop(self, *, keeps_ports: bool = False) -> None:
        """Close the host; its data stays. Who talks to it hears a goodbye, and is cut off soon after. With
        `keeps_ports` nobody else gets its ports meanwhile: it will come back."""
        self._let_ports_go()
        if not self.is_up:
            return
        self.is_up = False
        links = list(self._links)
        for link in links:
            link.stop()
        if links:
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._is_quiet.wait()
        for link in links:
            link.connection.abort()
        await self.host.close()
        if keeps_ports:
            self._kept_ports = [_kept(port) for port in self.host.bound_ports.values() if port]

    def _let_ports_go(self) -> None:
        for kept in self._kept_ports:
            kept.close()
        self._kept_ports = []


def _kept(port: int) -> socket.socket:
    """A port that is ours though nobody listens on it: who connects is refused."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        kept.bind(("127.0.0.1", port))
    except OSError:  # somebody was quicker
        kept.close()
    return kept
