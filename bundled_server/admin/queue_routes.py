"""The admin API's view of the queue."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.admin.control import QueueControl
from bundled_server.mailbox.changes import QueueItem


class QueueRoutes:
    """GET /queue, GET /queue/{id}, POST /queue/{id}/{hold,release,requeue,delete}, POST /queue/flush?domain=D."""

    def __init__(self, queue: QueueControl) -> None:
        self._queue = queue

    def table(self) -> list[web.RouteDef]:
        return [
            web.get("/queue", self._list),
            web.post("/queue/flush", self._flush),
            web.get("/queue/{id}", self._show),
            *(
                web.post(f"/queue/{{id}}/{verb}", self._verb(act))
                for verb, act in {
                    "hold": self._queue.hold,
                    "release": self._queue.release,
                    "requeue": self._queue.requeue,
                    "delete": self._queue.delete,
                }.items()
            ),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return answer([describe(item) for item in await self._queue.items()])

    async def _show(self, request: web.Request) -> web.Response:
        item = await self._queue.item(request.match_info["id"])
        return answer(describe(item)) if item else _unknown(request)

    async def _flush(self, request: web.Request) -> web.Response:
        return answer({"flushed": await self._queue.flush(request.query.get("domain", ""))})

    def _verb(self, act: Callable[[str], Awaitable[bool]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return answer({"done": True}) if await act(request.match_info["id"]) else _unknown(request)

        return handle


def describe(item: QueueItem) -> dict[str, object]:
    """A queue item as JSON: who, since when, and where each recipient stands."""
    return {
        "id": item.queue_id,
        "sender": item.envelope.sender,
        "size_octets": item.size_octets,
        "message_id": item.message_id,
        "arrived": item.arrived,
        "origin": item.origin,
        "held": item.held,
        "recipients": [
            {
                "address": one.recipient.address,
                "state": one.state.value,
                "attempts": one.attempts,
                "next_try": one.next_try,
                "status": one.status,
                "text": one.text,
                "remote": one.remote,
            }
            for one in item.recipients
        ],
    }


def _unknown(request: web.Request) -> web.Response:
    return refusal(404, f"no message {request.match_info['id']} in the queue")
