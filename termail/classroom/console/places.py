"""Where the console can connect: the ports of a practice world by name, and any HOST:PORT."""

import ssl
from pathlib import Path
from typing import Final

import aiohttp

from termail.classroom.console.line import SERVICES, TLS_PORTS, NoPlace, Place, parse_place
from termail.classroom.world_client import Description, WorldClient, WorldRefused
from termail.net.trust import client_context

FIRST_DOMAIN: Final = "cities.org"  # the lecture's own


class Places:
    """`world` is the folder of a running practice world, "" for none."""

    def __init__(self, world: str) -> None:
        self._world = world
        self._described: Description | None = None

    async def find(self, text: str) -> Place:
        """`smtp` or `smtp other.test` in the world, else HOST:PORT or SERVICE:HOST. Raises NoPlace."""
        service, _, where = text.strip().partition(" ")
        if service.lower() not in SERVICES:
            return parse_place(text.strip())
        if not self._world:
            raise NoPlace(f"there is no practice world here: write {service}:HOST or HOST:PORT")
        return await self._in_the_world(service.lower(), where.strip() or FIRST_DOMAIN)

    async def _in_the_world(self, service: str, where: str) -> Place:
        try:
            async with WorldClient(Path(self._world)) as client:
                self._described = await client.describe()
        except (OSError, WorldRefused, aiohttp.ClientError) as error:
            raise NoPlace(f"the practice world does not answer: {error}") from error
        for host in self._described.hosts:
            if where in (host.domain, host.name):
                protocol, standard = SERVICES[service]
                name = f"{service} of {host.name}"
                return Place(name, "127.0.0.1", host.ports[service], protocol, standard in TLS_PORTS)
        names = ", ".join(host.domain for host in self._described.hosts)
        raise NoPlace(f"no host of this world serves {where}: there are {names}")

    def context(self) -> ssl.SSLContext:
        """TLS as a client, with the world's authority trusted as well. Raises CannotTrust."""
        authority = Path(self._world) / "ca.pem" if self._world else None
        return client_context(str(authority) if authority is not None and authority.exists() else "")

    def completions(self, typed: str) -> list[str]:
        """Names of services."""
        return [name for name in SERVICES if name.startswith(typed)]
