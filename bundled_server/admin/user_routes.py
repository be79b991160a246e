"""The admin API's view of the users."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import UserControl


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PUT /users/{name}."""

    password: str


class UserRoutes:
    """GET /users, PUT /users/{name} with {"password": …}, DELETE /users/{name}."""

    def __init__(self, users: UserControl) -> None:
        self._users = users

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/users", self._list),
            web.put("/users/{name}", self._put),
            web.delete("/users/{name}", self._remove),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return answer(await self._users.names())

    async def _put(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=NewPassword)
            await self._users.put(request.match_info["name"], wanted.password)
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))
        return answer({"done": True})

    async def _remove(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return answer({"done": True}) if await self._users.remove(name) else refusal(404, f"no user {name}")
