"""The admin API's way to bring in mail from files of the host's own machine."""

from pathlib import Path

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import Import


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /import/{user}: where the mail lies, as "maildir" or "mbox", and where it goes."""

    path: str
    format: str
    mailbox: str | None = None


class ImportRoutes:
    """POST /import/{user}. The host reads the path with its own rights; who has the token is its owner."""

    def __init__(self, take_in: Import) -> None:
        self._take_in = take_in

    def table(self) -> list[web.RouteDef]:
        return [web.post("/import/{user}", self._import)]

    async def _import(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=Wanted)
            user = request.match_info["user"].lower()
            count = await self._take_in(user, Path(wanted.path), wanted.format, wanted.mailbox)
        except LookupError as error:
            return refusal(404, str(error))
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))
        except OSError as weather:
            return refusal(409, f"{wanted.path} cannot be read: {weather.strerror or weather}")
        return answer({"imported": count})
