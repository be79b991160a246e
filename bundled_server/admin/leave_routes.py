"""Leaving a mailing list with one click (RFC 8058), for a web server in front that hands /leave/ on to here."""

from collections.abc import Awaitable, Callable

from aiohttp import web

LeaveByClick = Callable[[str, str, str], Awaitable[bool]]
"""Take (list, member, seal) at their word; false when the seal is none of ours."""

_PAGE = (
    '<!doctype html><meta charset="utf-8"><title>Leave the list</title>'
    '<form method="post"><button>Leave the list</button></form>'
)


class LeaveRoutes:
    """POST /leave/{list}/{member}/{seal}. GET, which programs that look at links send too, changes nothing."""

    def __init__(self, leave: LeaveByClick) -> None:
        self._leave = leave

    def table(self) -> list[web.RouteDef]:
        path = "/leave/{list}/{member}/{seal}"
        return [web.get(path, self._ask, allow_head=False), web.post(path, self._click)]

    async def _ask(self, _: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _click(self, request: web.Request) -> web.Response:
        parts = request.match_info
        if await self._leave(parts["list"], parts["member"], parts["seal"]):
            return web.Response(text="You have left the list.\n")
        return web.Response(text="This link is not, or no longer, good.\n", status=404)
