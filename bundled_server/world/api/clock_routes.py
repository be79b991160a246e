"""The API's view of the clock."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.clock import WorldClock
from bundled_server.world.journal import WorldJournal


class ClockWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PUT /world/clock: what is left out stays as it is; `advance` in seconds."""

    factor: float | None = None
    paused: bool | None = None
    advance: float = 0.0


class ClockRoutes:
    """GET /world/clock, PUT /world/clock."""

    def __init__(self, clock: WorldClock, journal: WorldJournal) -> None:
        self._clock = clock
        self._journal = journal

    def table(self) -> list[web.RouteDef]:
        return [web.get("/world/clock", self._show), web.put("/world/clock", self._put)]

    async def _show(self, _: web.Request) -> web.Response:
        clock = self._clock
        return answer({"now": clock.now(), "factor": clock.factor, "paused": clock.paused})

    async def _put(self, request: web.Request) -> web.Response:
        clock = self._clock
        try:
            wish = msgspec.json.decode(await request.read(), type=ClockWish)
            if wish.factor is not None:
                clock.set_factor(wish.factor)
            clock.advance(wish.advance)
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))
        if wish.paused is not None:
            clock.pause() if wish.paused else clock.go_on()
        state = "stands still" if clock.paused else f"runs x{clock.factor:g}"
        self._journal.note("clock set", f"{state}, {wish.advance:g} s ahead" if wish.advance else state)
        return await self._show(request)
