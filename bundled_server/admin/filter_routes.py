"""The admin API's view of the filters at port 25."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import FilterControl


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /filters/{name}."""

    on: bool


class FilterRoutes:
    """GET /filters: every filter, and whether it is on. POST /filters/{name} with {"on": true} or false."""

    def __init__(self, filters: FilterControl) -> None:
        self._filters = filters

    def table(self) -> list[web.RouteDef]:
        return [web.get("/filters", self._list), web.post("/filters/{name}", self._switch)]

    async def _list(self, _: web.Request) -> web.Response:
        return answer(self._filters.describe())

    async def _switch(self, request: web.Request) -> web.Response:
        try:
            on = msgspec.json.decode(await request.read(), type=Position).on
            return answer({"done": self._filters.switch(request.match_info["name"], on=on)})
        except msgspec.MsgspecError as error:
            return refusal(400, f'say {{"on": true}} or {{"on": false}}: {error}')
        except ValueError as error:
            return refusal(404, str(error))
