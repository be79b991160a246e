"""The HTTP API of a practice world: one door for all its hosts, with one token."""

from pathlib import Path

from aiohttp import web

from bundled_server.admin.answers import answer
from bundled_server.admin.door import Door
from bundled_server.admin.token import publish, withdraw
from bundled_server.world.api.clock_routes import ClockRoutes
from bundled_server.world.api.fault_routes import FaultRoutes
from bundled_server.world.api.journal_routes import WorldJournalRoutes
from bundled_server.world.api.mail_routes import MailRoutes
from bundled_server.world.api.queue_routes import WorldQueueRoutes
from bundled_server.world.api.snapshot_routes import SnapshotRoutes
from bundled_server.world.mailboxes import Mailboxes
from bundled_server.world.places import PASSWORD
from bundled_server.world.world import World

BODY_OCTETS = 52_428_800


class WorldApi:
    """Open it beside an open world; the token lies in admin.json in the world's folder."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.url = ""
        self._door = Door(
            [
                web.get("/world", self._describe),
                *WorldJournalRoutes(world.journal).table(),
                *FaultRoutes(world.faults).table(),
                *ClockRoutes(world.clock, world.journal).table(),
                *WorldQueueRoutes(world).table(),
                *SnapshotRoutes(world.snapshots).table(),
                *MailRoutes(Mailboxes(world)).table(),
            ],
            BODY_OCTETS,
        )

    @property
    def token_file(self) -> Path:
        return self._world.data / "admin.json"

    async def __aenter__(self) -> "WorldApi":
        port = await self._door.open(0)
        address = publish(self._world.data, port)
        self.url = address.url
        self._door.expect(address.token)
        return self

    async def __aexit__(self, *_: object) -> None:
        withdraw(self._world.data)
        await self._door.close()

    async def _describe(self, _: web.Request) -> web.Response:
        return answer(describe(self._world))


def describe(world: World) -> dict[str, object]:
    """The world as JSON: its hosts with ports and people, its name server, the authority to trust."""
    host, port = world.name_server
    return {
        "ca": str(world.authority.certificate),
        "dns": {"host": host, "port": port},
        "hosts": [
            {
                "name": station.place.hostname,
                "domain": station.place.domain,
                "ports": dict(station.host.bound_ports),
                "data": str(world.data / station.place.hostname),
                "users": list(station.place.users),
                "password": PASSWORD,
                "up": station.is_up,
            }
            for station in world.stations.values()
        ],
    }
