"""The admin API's view of the domains."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import DomainControl


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PUT /domains/{name}; may be left out."""

    target: str = ""


class DomainRoutes:
    """GET /domains, PUT /domains/{name} (with {"target": …} it stands for that one), DELETE /domains/{name}."""

    def __init__(self, domains: DomainControl) -> None:
        self._domains = domains

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/domains", self._list),
            web.put("/domains/{name}", self._put),
            web.delete("/domains/{name}", self._remove),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return answer(self._domains.describe())

    async def _put(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            target = msgspec.json.decode(await request.read() or b"{}", type=Standing).target
            done = self._domains.alias(name, target) if target else self._domains.add(name)
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))
        except OSError as weather:
            return refusal(503, f"the list of domains cannot be written: {weather.strerror}")
        return answer({"done": done})

    async def _remove(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            done = self._domains.remove(name)
        except ValueError as error:
            return refusal(400, str(error))
        except OSError as weather:
            return refusal(503, f"the list of domains cannot be written: {weather.strerror}")
        return answer({"done": True}) if done else refusal(404, f"no domain {name}")
