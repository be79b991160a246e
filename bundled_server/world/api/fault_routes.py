"""The API's view of the faults."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.world.faults.fault import KINDS, BadFault, Fault
from bundled_server.world.faults.switchboard import Switchboard


class FaultRoutes:
    """GET /world/faults, POST /world/faults with {"name", "target", "parameters"}, DELETE /world/faults (all) or
    /world/faults/{key}; GET /world/faults/kinds is the catalogue."""

    def __init__(self, faults: Switchboard) -> None:
        self._faults = faults

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/world/faults", self._list),
            web.get("/world/faults/kinds", self._kinds),
            web.post("/world/faults", self._set),
            web.delete("/world/faults", self._clear_all),
            web.delete("/world/faults/{key}", self._clear),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return answer([described(fault) for fault in self._faults.active()])

    async def _kinds(self, _: web.Request) -> web.Response:
        return answer(list(KINDS.values()))

    async def _set(self, request: web.Request) -> web.Response:
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
            return answer(described(await self._faults.set(fault)))
        except (msgspec.MsgspecError, BadFault) as error:
            return refusal(400, str(error))
        except OSError as weather:
            return refusal(503, str(weather))

    async def _clear(self, request: web.Request) -> web.Response:
        try:
            return answer(described(await self._faults.clear(request.match_info["key"])))
        except BadFault as error:
            return refusal(404, str(error))
        except OSError as weather:
            return refusal(503, str(weather))

    async def _clear_all(self, _: web.Request) -> web.Response:
        try:
            return answer({"cleared": await self._faults.clear_all()})
        except OSError as weather:
            return refusal(503, str(weather))


def described(fault: Fault) -> dict[str, object]:
    """A fault as JSON, with the key that clears it."""
    return {"key": fault.key, "name": fault.name, "target": fault.target, "parameters": fault.parameters}
