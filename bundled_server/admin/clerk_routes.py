"""The admin API's counter: questions for the clerks of the rooms, such as the classifier's or the lists'."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import Clerk


class ClerkRoutes:
    """POST /clerks/{room}/{verb} with what is wanted as JSON."""

    def __init__(self, clerks: Mapping[str, Clerk]) -> None:
        self._clerks = clerks

    def table(self) -> list[web.RouteDef]:
        return [web.post("/clerks/{room}/{verb}", self._ask)]

    async def _ask(self, request: web.Request) -> web.Response:
        room, verb = request.match_info["room"], request.match_info["verb"]
        clerk = self._clerks.get(room)
        if clerk is None:
            return refusal(404, f"there is no clerk for {room} on this host")
        try:
            wanted = msgspec.json.decode(await request.read() or b"{}")
            return answer(await clerk.answer(verb, wanted))
        except LookupError as error:
            return refusal(404, str(error.args[0]) if error.args else f"no such {room}")
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))
        except OSError as weather:
            return refusal(409, f"{weather.filename or 'a file'}: {weather.strerror or weather}")
