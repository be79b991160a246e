"""The API's view of the queues of all hosts."""

from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.queue_routes import describe
from bundled_server.world.station import Station
from bundled_server.world.world import World


class WorldQueueRoutes:
    """GET /world/queue?host=NAME: what waits there, or everywhere; of hosts that are switched off nothing is
    known. POST /world/queue/flush?host=NAME tries it now."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> list[web.RouteDef]:
        return [web.get("/world/queue", self._list), web.post("/world/queue/flush", self._flush)]

    async def _list(self, request: web.Request) -> web.Response:
        try:
            stations = self._stations(request)
        except LookupError as error:
            return refusal(404, str(error))
        items = [
            {"host": station.place.hostname, **describe(item)}
            for station in stations
            for item in await station.host.spool.items()
        ]
        return answer(items)

    async def _flush(self, request: web.Request) -> web.Response:
        try:
            counts = [await station.host.spool.flush() for station in self._stations(request)]
        except LookupError as error:
            return refusal(404, str(error))
        return answer({"flushed": sum(counts)})

    def _stations(self, request: web.Request) -> list[Station]:
        name = request.query.get("host", "")
        stations = [self._world.station(name)] if name else list(self._world.stations.values())
        return [station for station in stations if station.is_up]
