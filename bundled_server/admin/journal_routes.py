"""The admin API's view of the journal: a list of what happened, and a live stream of what happens."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.journal import Event, Filter, Following

LIST_EVENTS = 10_000


class Remembered(Protocol):
    """A journal, or several gathered in one."""

    def recent(self) -> Sequence[Event]: ...

    def follow(self, *, from_recent: bool = False) -> AsyncGenerator[Event, None]: ...


class JournalRoutes:
    """GET /journal?message_id=&queue_id=&session=&agent=&host=&since=&after=&limit= and
    GET /journal/stream (JSON lines); with `recent=1` the stream begins with what is remembered, so that nothing is
    missed between the two."""

    def __init__(self, journal: Remembered, prefix: str = "") -> None:
        self._journal = journal
        self._prefix = prefix
        self._encoder = msgspec.json.Encoder()

    def table(self) -> list[web.RouteDef]:
        return [
            web.get(f"{self._prefix}/journal", self._list),
            web.get(f"{self._prefix}/journal/stream", self._stream),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        try:
            wanted = filter_of(request)
            limit = min(int(request.query.get("limit", LIST_EVENTS)), LIST_EVENTS)
        except ValueError as error:
            return refusal(400, f"since, after and limit are numbers: {error}")
        found = wanted.select(self._journal.recent())
        return answer(found[-limit:] if limit > 0 else [])

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        try:
            wanted = filter_of(request)
        except ValueError as error:
            return refusal(400, f"since and after are numbers: {error}")
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        following = Following(wanted)
        recent = request.query.get("recent", "") not in ("", "0")
        async for event in self._journal.follow(from_recent=recent):
            if following.takes(event):
                await response.write(self._encoder.encode(event) + b"\n")
        return response


def filter_of(request: web.Request) -> Filter:
    """The query's conditions, all of which must hold. Raises ValueError for a `since` or `after` that is no
    number."""
    query = request.query
    return Filter(
        message_id=query.get("message_id", ""),
        queue_id=query.get("queue_id", ""),
        session=query.get("session", ""),
        agent=query.get("agent", ""),
        host=query.get("host", ""),
        since=float(query.get("since", 0.0)),
        after=int(query.get("after", 0)),
    )
