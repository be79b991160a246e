"""The world's feed: the journals of all its hosts as one stream, across restarts of a host."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from termail.classroom.journal import AdminFile, Event

RETRY_SECONDS: Final = 1.0
LINE_OCTETS: Final = 1 << 20
QUEUE_EVENTS: Final = 20_000


class WorldFeed:
    """`world` is the folder of a running practice world; each host keeps its admin address in a folder there."""

    def __init__(self, world: Path) -> None:
        self._world = world
        self._decoder = msgspec.json.Decoder(Event)
        self._queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_EVENTS)
        self._seen: dict[str, float] = {}

    async def events(self, *, since: float = 0.0) -> AsyncIterator[Event]:
        """What happened after `since` (epoch seconds), and then what happens, until the task is cancelled."""
        async with asyncio.TaskGroup() as group:
            for path in self.admin_files():
                self._seen[path.parent.name] = since
                group.create_task(self._follow(path))
            while True:
                yield await self._queue.get()

    def admin_files(self) -> list[Path]:
        """One for each host."""
        return sorted(self._world.glob("*/admin.json"))

    async def _follow(self, path: Path) -> None:
        """One host, again and again: it may be stopped and started."""
        while True:
            # The host may be away, or was just started anew: its file tells where it is then.
            with contextlib.suppress(OSError, aiohttp.ClientError, msgspec.MsgspecError):
                await self._listen(path)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, path: Path) -> None:
        admin = msgspec.json.decode(await asyncio.to_thread(path.read_bytes), type=AdminFile)
        name = path.parent.name
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        headers = {"Authorization": f"Bearer {admin.token}"}
        query = {"recent": "1", "since": repr(self._seen[name])}
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=LINE_OCTETS) as session,
            session.get(f"{admin.url}/journal/stream", params=query, headers=headers) as response,
        ):
            response.raise_for_status()
            async for line in response.content:
                event = self._decoder.decode(line)
                if event.time > self._seen[name]:
                    self._seen[name] = event.time
                    await self._queue.put(event)
