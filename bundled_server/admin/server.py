"""The admin API's server: aiohttp on the loopback address, a bearer token, JSON answers."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from bundled_server.admin import metrics
from bundled_server.admin.access import Access, is_authorized, new_token, write_access
from bundled_server.admin.views import detail, summary
from bundled_server.auth.store_directory import BadUser, StoreDirectory
from bundled_server.clock import Clock
from bundled_server.journal import Filter, Journal
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.queue.runner import Runner
from bundled_server.queue.spool import Spool

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 1.0

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class AdminParts:
    """What the API shows and steers."""

    hostname: str
    domain: str
    spool: Spool
    runner: Runner
    directory: StoreDirectory
    store: Store
    journal: Journal
    clock: Clock
    ports: Mapping[str, int]
    connections: Callable[[], Mapping[str, int]]
    body_octets: int


class AdminServer:
    """GET /health, /metrics, /queue, /queue/{id}, /users, /journal, /journal/stream; POST /queue/flush,
    /queue/{id}/{hold,release,requeue,delete}; PUT and DELETE /users/{name}. All but /health ask for the token."""

    def __init__(self, parts: AdminParts, access_file: Path, port: int) -> None:
        self._parts = parts
        self._access_file = access_file
        self._requested_port = port
        self._token = new_token()
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def open(self) -> None:
        """Start to listen and leave the access file. Raises OSError when the port cannot be had."""
        application = web.Application(middlewares=[self._guard], client_max_size=self._parts.body_octets)
        self._add_routes(application)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self._requested_port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = int(self._runner.addresses[0][1])
        write_access(self._access_file, Access(f"http://{LOOPBACK}:{self.port}", self._token))

    async def close(self) -> None:
        """Stop listening and take the access file away."""
        self._access_file.unlink(missing_ok=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _add_routes(self, application: web.Application) -> None:
        routes = application.router
        routes.add_get("/health", self._health)
        routes.add_get("/metrics", self._metrics)
        routes.add_get("/queue", self._queue)
        routes.add_post("/queue/flush", self._flush)
        routes.add_get("/queue/{id}", self._item)
        routes.add_post("/queue/{id}/{action:hold|release|requeue|delete}", self._act)
        routes.add_get("/users", self._users)
        routes.add_put("/users/{name}", self._put_user)
        routes.add_delete("/users/{name}", self._delete_user)
        routes.add_get("/journal", self._journal)
        routes.add_get("/journal/stream", self._stream)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The token for all but /health; a store in trouble is 503, every error is a JSON sentence."""
        header = request.headers.get("Authorization", "")
        if request.path != "/health" and not is_authorized(header, self._token):
            return _error(401, "the token of DATA/admin.json is needed: Authorization: Bearer TOKEN")
        try:
            return await handler(request)
        except StoreError as weather:
            return _error(503, str(weather))
        except BadUser as fault:
            return _error(400, str(fault))
        except web.HTTPException as answer:
            return _error(answer.status, answer.reason)

    # the host

    async def _health(self, request: web.Request) -> web.Response:
        parts = self._parts
        return _json({"status": "ok", "name": parts.hostname, "domain": parts.domain, "ports": dict(parts.ports)})

    async def _metrics(self, request: web.Request) -> web.Response:
        items = await self._parts.store.queue_items()
        text = metrics.render(
            {(agent.value, kind): count for (agent, kind), count in self._parts.journal.counts.items()},
            self._parts.connections(),
            len(items),
            sum(item.held for item in items),
            self._parts.runner.in_flight,
            self._parts.runner.destinations,
        )
        return web.Response(text=text, headers={"Content-Type": metrics.CONTENT_TYPE})

    # the queue

    async def _queue(self, request: web.Request) -> web.Response:
        return _json([summary(item) for item in await self._parts.spool.items()])

    async def _item(self, request: web.Request) -> web.Response:
        item = await self._parts.spool.item(request.match_info["id"])
        return _json(detail(item)) if item else _error(404, "no such queue id")

    async def _flush(self, request: web.Request) -> web.Response:
        return _json({"flushed": await self._parts.spool.flush()})

    async def _act(self, request: web.Request) -> web.Response:
        act: Callable[[str], Awaitable[bool]] = getattr(self._parts.spool, request.match_info["action"])
        found = await act(request.match_info["id"])
        return _json({"done": True}) if found else _error(404, "no such queue id")

    # the users

    async def _users(self, request: web.Request) -> web.Response:
        return _json([{"name": name} for name in await self._parts.directory.names()])

    async def _put_user(self, request: web.Request) -> web.Response:
        try:
            password = (await request.json())["password"]
        except (ValueError, KeyError, TypeError):
            return _error(400, 'the body has to be {"password": "..."}')
        if not isinstance(password, str):
            return _error(400, "the password has to be a string")
        name = request.match_info["name"]
        existed = await self._parts.directory.exists(name)
        await self._parts.directory.put(name, password)
        return _json({"name": name.lower(), "created": not existed})

    async def _delete_user(self, request: web.Request) -> web.Response:
        found = await self._parts.directory.remove(request.match_info["name"])
        return _json({"done": True}) if found else _error(404, "no such user")

    # the journal

    async def _journal(self, request: web.Request) -> web.Response:
        wanted = _filter(request)
        body = msgspec.json.encode(wanted.select(self._parts.journal.recent()))
        return web.Response(body=body, content_type="application/json")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """JSON lines as things happen, until the client leaves; `recent=1` sends what is remembered first."""
        wanted = _filter(request)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        encoder = msgspec.json.Encoder()
        events = self._parts.journal.follow()
        await response.prepare(request)
        try:
            if request.query.get("recent"):
                for event in wanted.select(self._parts.journal.recent()):
                    await response.write(encoder.encode(event) + b"\n")
            async for event in events:
                if wanted.takes(event):
                    await response.write(encoder.encode(event) + b"\n")
        except ConnectionError:
            return response
        finally:
            await events.aclose()
        return response


def _filter(request: web.Request) -> Filter:
    query = request.query
    try:
        since = float(query.get("since", "0"))
    except ValueError:
        raise web.HTTPBadRequest(reason="since has to be a number: epoch seconds") from None
    return Filter(query.get("message_id", ""), query.get("queue_id", ""), query.get("agent", ""), since)


def _json(value: Any) -> web.Response:
    return web.Response(text=json.dumps(value), content_type="application/json")


def _error(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=json.dumps({"error": text}), content_type="application/json")
