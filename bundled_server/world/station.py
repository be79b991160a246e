"""A station: one host of the world that can be switched off and on again, on the same ports."""

from collections.abc import Callable

from msgspec.structs import replace

from bundled_server.config import HostSettings, Ports
from bundled_server.host.host import Host
from bundled_server.world.places import Place


class Station:
    """`make` builds the host from its settings; every start is a new Host over the same data."""

    def __init__(self, place: Place, settings: HostSettings, make: Callable[[HostSettings], Host]) -> None:
        self.place = place
        self.host = make(settings)
        self.is_up = False
        self._settings = settings
        self._make = make

    async def start(self) -> None:
        """Open the host, on the ports it had before. Raises HostCannotStart."""
        if self.is_up:
            return
        if self.host.bound_ports:
            self.host = self._make(self._settings)
        await self.host.open()
        self.is_up = True
        self._settings = replace(self._settings, ports=Ports(**self.host.bound_ports))

    async def stop(self) -> None:
        """Close the host; its data stays."""
        if self.is_up:
            self.is_up = False
            await self.host.close()
