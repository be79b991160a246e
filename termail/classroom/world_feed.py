"""The journal of the whole practice world as one stream, across restarts of its hosts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from termail.classroom.event import AdminFile, Event

RETRY_SECONDS: Final = 1.0
LINE_OCTETS: Final = 1 << 20


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

    async def _admin(self) -> AdminFile:
        return msgspec.json.decode(await asyncio.to_thread(self._admin_file.read_bytes), type=AdminFile)


def _authorized(admin: AdminFile) -> dict[str, str]:
    return {"Authorization": f"Bearer {admin.token}"}
