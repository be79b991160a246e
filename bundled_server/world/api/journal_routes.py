"""The API's view of the world's journal: what happened, what happens, and the journey of one message."""

from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.journal_routes import JournalRoutes
from bundled_server.world.journal import WorldJournal
from bundled_server.world.journey import journey_of


class WorldJournalRoutes:
    """GET /world/journal and /world/journal/stream as `JournalRoutes` has them, also with `host=` and `after=`;
    GET /world/journey?message_id=ID."""

    def __init__(self, journal: WorldJournal) -> None:
        self._journal = journal

    def table(self) -> list[web.RouteDef]:
        lists = JournalRoutes(self._journal, "/world").table()
        return [*lists, web.get("/world/journey", self._journey)]

    async def _journey(self, request: web.Request) -> web.Response:
        message_id = request.query.get("message_id", "")
        if not message_id.strip("<>"):
            return refusal(400, "say which message: ?message_id=ID")
        found = journey_of(self._journal.recent(), message_id)
        return answer(found) if found else refusal(404, f"the journal knows nothing of {message_id}")
