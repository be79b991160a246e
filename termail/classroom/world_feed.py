"""The world's API as the client uses it: its journal as a stream, journeys, faults, the clock, snapshots."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from termail.classroom.journal import AdminFile, Event

RETRY_SECONDS: Final = 1.0
REQUEST_SECONDS: Final = 60.0
LINE_OCTETS: Final = 1 << 20


class WorldSays(Exception):
    """The world refused, or is not there; the text is for the user."""


class WorldFeed:
    """`world` is the folder of a running practice world: its address and token lie in there."""

    def __init__(self, world: Path) -> None:
        self._admin_file = world / "admin.json"
        self._decoder = msgspec.json.Decoder(Event)

    async def events(self) -> AsyncIterator[Event]:
        """What is remembered, then what happens, until the task is cancelled; it outlives a lost connection."""
        latest = 0
        while True:
            with contextlib.suppress(OSError, aiohttp.ClientError, msgspec.MsgspecError):
                async for event in self._listen(latest):
                    latest = max(latest, event.number)
                    yield event
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, after: int) -> AsyncIterator[Event]:
        admin = await self._admin()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=LINE_OCTETS) as session,
            session.get(
                f"{admin.url}/world/journal/stream",
                params={"recent": "1", "after": str(after)},
                headers=_authorized(admin),
            ) as response,
        ):
            response.raise_for_status()
            async for line in response.content:
                yield self._decoder.decode(line)

    async def journey(self, message_id: str) -> list[Event]:
        """Every event of one message, in order; none when the world never saw it. Raises WorldSays."""
        try:
            answer = await self.ask("GET", "/world/journey", {"message_id": message_id})
        except WorldSays:
            return []
        return msgspec.convert(answer, list[Event])

    async def ask(
        self, method: str, path: str, query: dict[str, str] | None = None, body: object | None = None
    ) -> Any:
        """One request → what the world answers. Raises WorldSays."""
        try:
            admin = await self._admin()
            timeout = aiohttp.ClientTimeout(REQUEST_SECONDS)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(
                    method, f"{admin.url}{path}", params=query, json=body, headers=_authorized(admin)
                ) as response,
            ):
                text = await response.read()
                if response.status >= 400:
                    raise WorldSays(_reason(text) or f"{path}: {response.status} {response.reason}")
                return msgspec.json.decode(text) if text else None
        except (OSError, aiohttp.ClientError, msgspec.MsgspecError) as error:
            raise WorldSays(f"The practice world does not answer: {error}") from error

    async def _admin(self) -> AdminFile:
        return msgspec.json.decode(await asyncio.to_thread(self._admin_file.read_bytes), type=AdminFile)


def _authorized(admin: AdminFile) -> dict[str, str]:
    return {"Authorization": f"Bearer {admin.token}"}


def _reason(text: bytes) -> str:
    """The words of a refusal."""
    try:
        answer = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return ""
    return str(answer.get("error", "")) if isinstance(answer, dict) else ""
