"""The client in a browser on this machine: the lecture's step 12."""

import shlex
import sys
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from termail.cli.errors import UserError

LOOPBACK = "127.0.0.1"


def serve(config: Path, data: Path, *, port: int, title: str) -> int:
    """Serve the client on these settings until SIGINT or SIGTERM; every page is a client of its own."""
    try:
        from textual_serve.app_service import AppService
        from textual_serve.server import Server
    except ImportError as error:
        raise UserError("--web needs one more package: pip install 'termail[web]'", 2) from error

    class LoopbackServer(Server):
        """textual-serve's, for pages of its own only, and without its banner."""

        async def on_startup(self, app: web.Application) -> None:
            """No banner."""

        async def _process_messages(self, websocket: web.WebSocketResponse, app_service: AppService) -> None:
            try:
                await super()._process_messages(websocket, app_service)
            finally:  # the client is gone before the loop is, also when all end together
                await app_service.stop()
                if app_service._process is not None:
                    await app_service._process.wait()

        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(only_own_pages(f"{LOOPBACK}:{port}", f"localhost:{port}"))
            return app

    command = [sys.executable, "-m", "termail", "--config", str(config), "--data", str(data)]
    server = LoopbackServer(shlex.join(command), host=LOOPBACK, port=port, title=title)
    told = f"{title} is at {server.public_url}; Ctrl-C ends it."
    try:
        web.run_app(
            server._make_app(), host=LOOPBACK, port=port, print=lambda _: print(told, flush=True), access_log=None
        )
    except OSError as error:
        raise UserError(
            f"cannot listen on {LOOPBACK} port {port}: {error.strerror}; choose another --port"
        ) from error
    return 0


def only_own_pages(*hosts: str) -> Middleware:
    """A mailbox is open here: another site's page may not talk to it, neither from its own origin (browsers let
    any page open a WebSocket) nor under a name that was made to point here."""
    origins = {f"http://{host}" for host in hosts}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in hosts or request.headers.get("Origin", f"http://{request.host}") not in origins:
            raise web.HTTPForbidden(text="This page is for a browser on this machine.\n")
        return await handler(request)

    return check
