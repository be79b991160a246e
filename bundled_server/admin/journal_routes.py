"""The admin API's view of the journal: a list of what happened, and a live stream of what happens."""

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.journal import Filter, Following, Journal

LIST_EVENTS = 10_000


class JournalRoutes:
    """GET /journal?message_id=&queue_id=&session=&agent=&since=&limit= and GET /journal/stream (JSON lines);
    with `recent=1` the stream begins with what is remembered, so that nothing is missed between the two."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._encoder = msgspec.json.Encoder()

    def table(self) -> list[web.RouteDef]:
        return [web.get("/journal", self._list), web.get("/journal/stream", self._stream)]

    async def _list(self, request: web.Request) -> web.Response:
        try:
            wanted = _filter(request)
            limit = min(int(request.query.get("limit", LIST_EVENTS)), LIST_EVENTS)
        except ValueError as error:
            return refusal(400, f"since and limit are numbers: {error}")
        found = wanted.select(self._journal.recent())
        return answer(found[-limit:] if limit > 0 else [])

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        try:
            wanted = _filter(request)
        except ValueError as error:
            return refusal(400, f"since is a number: {error}")
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        following = Following(wanted)
        recent = request.query.get("recent", "") not in ("", "0")
        async for event in self._journal.follow(from_recent=recent):
            if following.takes(event):
                await response.write(self._encoder.encode(event) + b"\n")
        return response


def _filter(request: web.Request) -> Filter:
    """The query's conditions, all of which must hold. Raises ValueError for a `since` that is no number."""
    query = request.query
    words = {name: query.get(name, "") for name in ("message_id", "queue_id", "session", "agent")}
    return Filter(since=float(query.get("since", 0.0)), **words)
