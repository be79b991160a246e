"""A headless Chromium, driven by its DevTools protocol over one WebSocket: enough to log in, type and look."""

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-port=0"
)
START_SECONDS = 60.0
BINARY = 2  # RFC 6455 §5.2
NAMED_KEYS = {"\r": ("Enter", 13), "\x1b": ("Escape", 27)}


class Page:
    """One tab with a profile of its own; `received` is what came to it over WebSockets so far."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.received = b""

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; of what happens meanwhile only frames of WebSockets are kept."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json()
            if message.get("method") == "Network.webSocketFrameReceived":
                frame = message["params"]["response"]
                self.received += base64.b64decode(frame["payloadData"]) if frame["opcode"] == BINARY else b""
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return dict(message["result"])

    async def opens(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def evaluates(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, script: str, condition: Callable[[Any], bool] = bool) -> Any:
        """As soon as the expression is what is waited for; while a page changes there is none."""
        async with asyncio.timeout(45):
            while True:
                with contextlib.suppress(AssertionError):
                    value = await self.evaluates(script)
                    if condition(value):
                        return value
                await asyncio.sleep(0.05)

    async def types(self, text: str) -> None:
        """Key by key, as from a keyboard."""
        for character in text:
            key, code = NAMED_KEYS.get(
                character, (character, ord(character.upper()) if character.isascii() else 0)
            )
            typed = {"text": character} if character != "\x1b" else {}
            parameters = {"key": key, "windowsVirtualKeyCode": code, **typed}
            await self.call("Input.dispatchKeyEvent", type="keyDown", **parameters)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    async def rests(self) -> None:
        """A person's pause."""
        await self.evaluates("new Promise(done => setTimeout(done, 300))")

    async def picture(self) -> bytes:
        """A PNG of what the person sees."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])


@contextlib.asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Page]:
    """Start it on an empty profile, and end it."""
    command = [PROGRAM, *FLAGS.split(), f"--user-data-dir={profile}", "--window-size=1000,700", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as session:
            port = await _port(profile / "DevToolsActivePort")
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                tabs = json.loads(await answer.text())
            url = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with session.ws_connect(url, max_msg_size=0) as socket:
                page = Page(socket)
                await page.call("Page.enable")
                await page.call("Network.enable")
                yield page
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()


async def _port(file: Path) -> int:
    async with asyncio.timeout(START_SECONDS):
        while not (file.exists() and file.read_text().count("\n")):
            await asyncio.sleep(0.05)
    return int(file.read_text().split("\n")[0])
