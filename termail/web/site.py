"""The site: login, logout, the page of the client and its WebSocket, each for its own session alone."""

import asyncio
import contextlib
import json
import logging
import shlex
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import textual_serve
from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.download_manager import DownloadManager

from termail.web.browser_client import BrowserClient
from termail.web.door import Door, NotLetIn
from termail.web.households import Households
from termail.web.pages import CONTENT_SECURITY, login_page, terminal_page
from termail.web.sessions import Session, Sessions, TooManySessions

FORM_OCTETS: Final = 8_192
MESSAGE_OCTETS: Final = 1_048_576
HEARTBEAT_SECONDS: Final = 15
SWEEP_SECONDS: Final = 10.0
SMALLEST, LARGEST = 10, 500
COOKIE: Final = "termail"
NO_ROOM: Final = "The site has no room for your mail now; try again later."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Under which names the site is reached, such as "127.0.0.1:8025", and whether by TLS."""

    hosts: tuple[str, ...]
    is_secure: bool

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(f"{'https' if self.is_secure else 'http'}://{host}" for host in self.hosts)

    @property
    def cookie(self) -> str:
        """With TLS a name that browsers keep to this host (RFC 6265bis §4.1.3.2)."""
        return f"__Host-{COOKIE}" if self.is_secure else COOKIE


class Site:
    """Composition of the rooms of web mail as one aiohttp application."""

    def __init__(
        self, title: str, address: Address, door: Door, households: Households, sessions: Sessions
    ) -> None:
        self._title = title
        self._address = address
        self._door = door
        self._households = households
        self._sessions = sessions
        self._downloads = DownloadManager()

    def application(self) -> web.Application:
        """To be run by aiohttp."""
        app = web.Application(client_max_size=FORM_OCTETS, middlewares=[self._guard()])
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/login", self._login_form),
                web.post("/login", self._login),
                web.post("/logout", self._logout),
                web.get("/ws", self._websocket),
                web.get("/download/{key}", self._download),
                web.static("/static", Path(textual_serve.__file__).parent / "static"),
            ]
        )
        app.cleanup_ctx.append(self._life)
        return app

    async def _life(self, _: web.Application) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(self._sweep(), name="sessions that are over")
        yield
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping
        await self._sessions.end_all()
        self._households.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._sessions.end_those_over()

    # --- the guard

    def _guard(self) -> Middleware:
        """No page of another site, under whatever name, may talk to us; nothing of ours is framed or kept."""
        websockets = " ".join(origin.replace("http", "ws", 1) for origin in sorted(self._address.origins))
        headers = {
            "Content-Security-Policy": CONTENT_SECURITY.format(websocket=websockets),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",  # with none, browsers would send Origin: null with our own forms
            "X-Frame-Options": "DENY",
        }

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            must_tell = request.method == "POST" or request.path == "/ws"
            is_ours = origin in self._address.origins if origin or must_tell else True
            if request.host not in self._address.hosts or not is_ours:
                raise web.HTTPForbidden(text="This page is for another address.\n")
            answer = await handler(request)
            if not answer.prepared:
                answer.headers.update(headers)
                if not request.path.startswith("/static/"):
                    answer.headers["Cache-Control"] = "no-store"
            return answer

        return guard

    def _session(self, request: web.Request) -> Session | None:
        return self._sessions.find(request.cookies.get(self._address.cookie, ""))

    # --- pages

    async def _index(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            return _see("/login")
        scheme = "wss" if self._address.is_secure else "ws"
        return _html(terminal_page(self._title, session.user, f"{scheme}://{request.host}/ws"))

    async def _login_form(self, request: web.Request) -> web.StreamResponse:
        return _see("/") if self._session(request) is not None else _html(login_page(self._title))

    async def _login(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        user, password = (
            value if isinstance(value := form.get(key, ""), str) else "" for key in ("user", "password")
        )
        user = user.strip()
        try:
            await self._door.enter(request.remote or "", user, password)
            before = self._session(request)
            if before is not None:  # its cookie is overwritten: nobody could log out of it any more
                await self._sessions.end(before)
            session = await self._let_in(user, password)
        except NotLetIn as error:
            return _html(login_page(self._title, told=str(error), user=user), error.status)
        except TooManySessions as error:
            return _html(login_page(self._title, told=str(error), user=user), 503)
        except OSError as weather:
            log.error("no room for a user: %s", weather)
            return _html(login_page(self._title, told=NO_ROOM, user=user), 503)
        answer = _see("/")
        answer.set_cookie(
            self._address.cookie,
            session.token,
            httponly=True,
            secure=self._address.is_secure,
            samesite="Strict",
            path="/",
        )
        return answer

    async def _let_in(self, user: str, password: str) -> Session:
        """A place first: a session that ends has one to give back, always. Raises TooManySessions, OSError."""
        await self._households.move_in(user, password)
        try:
            return self._sessions.begin(user)
        except TooManySessions:
            self._households.move_out(user)
            raise

    async def _logout(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is not None:
            await self._sessions.end(session)
        answer = _see("/login")
        answer.del_cookie(self._address.cookie, path="/", secure=self._address.is_secure, httponly=True)
        return answer

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """What a client gives out, to whoever is logged in and knows the key, which its page alone was told."""
        if self._session(request) is None:
            raise web.HTTPForbidden
        key = request.match_info["key"]
        try:
            wanted = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        name = json.dumps("".join(char for char in wanted.file_name if char.isprintable()))
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f"attachment; filename={name}",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await answer.prepare(request)
        async for chunk in self._downloads.download(key):
            await answer.write(chunk)
        await answer.write_eof()
        return answer

    # --- the client

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None or len(session.pages) >= self._sessions.limits.pages:
            raise web.HTTPForbidden(text="Log in first, and close pages you no longer need.\n")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MESSAGE_OCTETS)

        async def hang_up() -> None:
            if socket.prepared:
                await socket.close()

        session.pages.add(hang_up)  # before anything is waited for: pages that come together are counted
        try:
            await socket.prepare(request)
            if self._sessions.find(session.token) is None:
                await socket.close()
                return socket
            return await self._serve(request, session, socket, hang_up)
        finally:
            session.pages.discard(hang_up)

    async def _serve(
        self,
        request: web.Request,
        session: Session,
        socket: web.WebSocketResponse,
        hang_up: Callable[[], Awaitable[None]],
    ) -> web.WebSocketResponse:
        """One client process for one page, as long as both are there."""
        client = BrowserClient(
            shlex.join(self._households.command(session.user)),
            self._households.folder(session.user),
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=hang_up,
            download_manager=self._downloads,
        )
        try:
            await client.start(_size(request, "width", 80), _size(request, "height", 24))
            await self._carry(socket, client, session)
        except (ConnectionError, RuntimeError) as weather:
            log.info("a page went away: %s", weather)
        finally:
            await client.finish()
        return socket

    async def _carry(self, socket: web.WebSocketResponse, client: BrowserClient, session: Session) -> None:
        """What the page says, until it closes or the session is over."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if self._sessions.find(session.token) is None:
                break
            try:
                match json.loads(message.data):
                    case ["stdin", str(text)]:
                        self._sessions.touch(session)
                        await client.send_bytes(text.encode("utf-8", "replace"))
                    case ["resize", {"width": int(width), "height": int(height)}]:
                        await client.set_terminal_size(_within(width), _within(height))
                    case ["ping", data]:
                        await socket.send_json(["pong", data])
                    case ["blur", *_]:
                        await client.blur()
                    case ["focus", *_]:
                        await client.focus()
            except ValueError:
                break  # no page of ours says that


def _within(cells: int) -> int:
    return max(SMALLEST, min(cells, LARGEST))


def _size(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return _within(int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def clock() -> float:
    """Sessions and the brake at the door count by a clock that never jumps."""
    return time.monotonic()
