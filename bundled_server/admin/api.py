"""The HTTP admin API: routes, the token check, and the server that offers them on loopback."""

import hmac
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from bundled_server.admin.answers import refusal
from bundled_server.admin.control import DomainControl, Gauges, Import, QueueControl, UserControl
from bundled_server.admin.domain_routes import DomainRoutes
from bundled_server.admin.import_routes import ImportRoutes
from bundled_server.admin.journal_routes import JournalRoutes
from bundled_server.admin.metrics import exposition
from bundled_server.admin.queue_routes import QueueRoutes
from bundled_server.admin.user_routes import UserRoutes
from bundled_server.journal import Journal
from bundled_server.mailbox.store import StoreError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN_PATHS = frozenset({"/health"})


class AdminApi:
    """Opens on loopback only. Every path but /health wants `Authorization: Bearer TOKEN`."""

    def __init__(
        self,
        *,
        journal: Journal,
        queue: QueueControl,
        users: UserControl,
        gauges: Gauges,
        body_octets: int,
        domains: DomainControl | None = None,
        take_in: Import | None = None,
    ) -> None:
        self._journal = journal
        self._gauges = gauges
        self._token = ""
        self._application = web.Application(middlewares=[self._authorize], client_max_size=body_octets)
        self._application.add_routes(
            [
                web.get("/health", self._health),
                web.get("/metrics", self._metrics),
                *QueueRoutes(queue).table(),
                *UserRoutes(users).table(),
                *JournalRoutes(journal).table(),
                *(DomainRoutes(domains).table() if domains is not None else ()),
                *(ImportRoutes(take_in).table() if take_in is not None else ()),
            ]
        )
        self._runner: web.AppRunner | None = None

    async def open(self, port: int) -> int:
        """Accept on 127.0.0.1 → the port. Raises OSError when it cannot be had. Nobody gets in before `expect`."""
        listening = socket.create_server(("127.0.0.1", port))
        self._runner = web.AppRunner(self._application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        return int(listening.getsockname()[1])

    def expect(self, token: str) -> None:
        """From now on this is the token; before the first call nothing is let in."""
        self._token = token

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN_PATHS:
            given = request.headers.get("Authorization", "").encode("utf-8", "replace")
            wanted = f"Bearer {self._token}".encode()
            if not self._token or not hmac.compare_digest(given, wanted):
                return refusal(401, "give the token of admin.json as Authorization: Bearer TOKEN")
        try:
            return await handler(request)
        except StoreError as weather:
            return refusal(503, f"the store cannot answer: {weather}")

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _metrics(self, _: web.Request) -> web.Response:
        text = exposition(self._journal.counts, await self._gauges.read())
        return web.Response(text=text, content_type="text/plain", charset="utf-8")
