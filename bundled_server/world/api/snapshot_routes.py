"""The API's view of the snapshots."""

from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.world.snapshots import START, BadSnapshot, Snapshots


class SnapshotRoutes:
    """GET /world/snapshots, PUT /world/snapshots/{name} takes one, POST /world/reset?snapshot=NAME goes back to
    one, by default to the start."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/world/snapshots", self._list),
            web.put("/world/snapshots/{name}", self._take),
            web.post("/world/reset", self._reset),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return answer(self._snapshots.names())

    async def _take(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            await self._snapshots.take(name)
        except BadSnapshot as error:
            return refusal(409, str(error))
        return answer({"taken": name})

    async def _reset(self, request: web.Request) -> web.Response:
        name = request.query.get("snapshot", START)
        try:
            await self._snapshots.restore(name)
        except BadSnapshot as error:
            return refusal(404, str(error))
        except OSError as weather:
            return refusal(503, str(weather))
        return answer({"reset": name})
