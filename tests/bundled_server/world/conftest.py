"""An open world without sample mail, and its API, for the tests of this room."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from imaplib import IMAP4
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bundled_server.journal import Event
from bundled_server.world.api.api import WorldApi
from bundled_server.world.world import World


class Api:
    """The world's API as a script uses it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """The decoded answer; an error's is under "error"."""
        params = {name: str(value) for name, value in query.items()}
        async with self._session.request(method, self._url + path, json=body, params=params) as response:
            return await response.json(content_type=None)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path / "world", sample_mail=False) as opened:
        yield opened


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with WorldApi(world) as opened:
        token = {"Authorization": f"Bearer {_token(opened)}"}
        async with aiohttp.ClientSession(headers=token) as session:
            yield Api(session, opened.url)


def _token(api: WorldApi) -> str:
    from bundled_server.admin.token import find

    address = find(api.token_file.parent)
    assert address is not None
    return address.token


@pytest.fixture
def happened() -> Callable[..., Any]:
    """`await happened(world, matches)`: the first event of the world that matches (or the one that many
    `times` on), as soon as there is one."""
    return _happened


async def _happened(
    world: World, matches: Callable[[Event], bool], *, times: int = 1, seconds: float = 60.0
) -> Event:
    events = world.journal.follow(from_recent=True)
    try:
        async with asyncio.timeout(seconds):
            async for event in events:
                times -= matches(event)
                if not times:
                    return event
    finally:
        await events.aclose()
    raise AssertionError("the journal ended")


class Proxy:
    """Stands between a client and a port, and keeps every octet of both directions."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._flows: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self.sent = b""
        self.received = b""
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def run(self, talk: Callable[[], None]) -> None:
        """Let the client talk in a thread, and return when both sides are done."""
        await asyncio.to_thread(talk)
        await asyncio.gather(*self._flows)
        for writer in self._writers:
            writer.close()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers += [writer, to_writer]
        self._flows.append(asyncio.ensure_future(self._flow(reader, to_writer, is_client=True)))
        self._flows.append(asyncio.ensure_future(self._flow(to_reader, writer, is_client=False)))

    async def _flow(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_client: bool) -> None:
        with contextlib.suppress(OSError):  # whoever says goodbye in TLS does not wait for the answer
            await self._pump(source, sink, is_client=is_client)
            sink.write_eof()  # the other direction may have something to say still

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_client: bool) -> None:
        while data := await source.read(65_536):
            if is_client:
                self.sent += data
            else:
                self.received += data
            sink.write(data)
            await sink.drain()


@pytest.fixture
async def proxied() -> AsyncIterator[Callable[[int], Any]]:
    opened: list[Proxy] = []

    async def make(target: int) -> Proxy:
        proxy = Proxy(target)
        await proxy.open()
        opened.append(proxy)
        return proxy

    yield make
    for proxy in opened:
        await proxy.close()


@pytest.fixture
def retrieve() -> Callable[..., Any]:
    """Fetch the first message of somebody's INBOX by IMAP."""

    def fetch(port: int, user: str) -> None:
        with IMAP4("127.0.0.1", port) as client:
            client.login(user, "123456")
            client.select()
            client.uid("FETCH", "1", "(BODY[])")

    async def run(world: World, domain: str, user: str) -> None:
        await asyncio.to_thread(fetch, world.hosts[domain].bound_ports["imap"], user)

    return run
