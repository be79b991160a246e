"""The lecture's step 12: `termail practice --web`, and a browser that shows the client."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pyte
import pytest

from termail.classroom.journey.build import build_journey
from termail.classroom.world_client import WorldClient

pytest.importorskip("textual_serve", reason="the web extra is not installed")

LINES, COLUMNS = 24, 80


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The address of a mailbox that is served; afterwards it has to end without a word of complaint."""
    port = free_port()
    command = [sys.executable, "-m", "termail", "practice", "--web", "--port", str(port), "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert f"http://127.0.0.1:{port}" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=60)
        assert (process.returncode, complaints) == (0, "")


class Browser:
    """What a page does: it draws what comes, and sends the keys."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    async def types(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])

    async def sees(self, condition: Callable[[str], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition(self.text):
                message = await self._socket.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), self.text
                if message.type is aiohttp.WSMsgType.BINARY:
                    self._stream.feed(message.data)


async def test_a_browser_shows_the_mailbox_its_keys_work_and_the_journey_reaches_step_12(
    page: str, tmp_path: Path
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(page + "/") as answer:
            assert answer.status == 200
            found = re.search(r'data-session-websocket-url="([^"]+)"', await answer.text())
        assert found is not None
        async with session.ws_connect(f"{found[1]}?width={COLUMNS}&height={LINES}", origin=page) as socket:
            browser = Browser(socket)
            await browser.sees(lambda text: "alice/INBOX" in text and "Lunch?" in text)
            await browser.types("/Esto es una\r\r")
            await browser.sees(lambda text: "Subject: Esto es una prueba" in text)
    async with WorldClient(tmp_path / "world") as world:
        events = await world.journey("<lunch-1@other.test>")
    journey = build_journey("<lunch-1@other.test>", events)
    assert [(one.step, one.agent) for one in journey.moments[-2:]] == [(11, "MAA"), (12, "HTTP")]


@pytest.mark.parametrize("headers", [{"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}])
async def test_pages_of_others_are_refused(page: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/ws"):
            async with session.get(page + path, headers=headers) as answer:
                assert answer.status == 403
