"""The door of an HTTP API: it opens on loopback and lets in who has the token."""

import hmac
import socket
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from bundled_server.admin.answers import refusal
from bundled_server.mailbox.store import StoreError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN_PATHS = frozenset({"/health"})
OPEN_FOLDER = "/leave/"
"""Where links lead that carry their own proof."""


class Door:
    """Serves `routes` and /health. Every path but /health and those of OPEN_FOLDER wants `Authorization: Bearer
    TOKEN`."""

    def __init__(self, routes: Iterable[web.AbstractRouteDef], body_octets: int) -> None:
        self._token = ""
        self._application = web.Application(middlewares=[self._authorize], client_max_size=body_octets)
        self._application.add_routes([web.get("/health", _health), *routes])
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
        if request.path not in OPEN_PATHS and not request.path.startswith(OPEN_FOLDER):
            given = request.headers.get("Authorization", "").encode("utf-8", "replace")
            wanted = f"Bearer {self._token}".encode()
            if not self._token or not hmac.compare_digest(given, wanted):
                return refusal(401, "give the token of admin.json as Authorization: Bearer TOKEN")
        try:
            return await handler(request)
        except StoreError as weather:
            return refusal(503, f"the store cannot answer: {weather}")


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})
