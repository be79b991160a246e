"""The journals of the world's hosts, read over their admin API."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
import msgspec

from termail.classroom.event import AdminFile, Event
from termail.classroom.practice_world import WorldHost

REQUEST_SECONDS = 10.0
POLL_SECONDS = 0.05


class JournalReader:
    """Reads the journals of several hosts as one."""

    def __init__(self, hosts: Sequence[WorldHost]) -> None:
        self._admins = [_admin_file(host.data) for host in hosts]
        self._decoder = msgspec.json.Decoder(list[Event])

    async def since(self, time: float) -> list[Event]:
        """Every event of every host after `time` (epoch seconds), in the order in which they happened."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(REQUEST_SECONDS)) as session:
            pages = await asyncio.gather(*(self._page(session, admin, time) for admin in self._admins))
        return sorted((event for page in pages for event in page), key=lambda event: event.time)

    async def until(self, time: float, satisfied: Callable[[list[Event]], bool], seconds: float) -> list[Event]:
        """The events since `time` as soon as they satisfy; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not satisfied(events := await self.since(time)):  # noqa: ASYNC110 - another process works
                await asyncio.sleep(POLL_SECONDS)
        return events

    async def _page(self, session: aiohttp.ClientSession, admin: AdminFile, time: float) -> list[Event]:
        headers = {"Authorization": f"Bearer {admin.token}"}
        async with session.get(f"{admin.url}/journal", params={"since": repr(time)}, headers=headers) as response:
            response.raise_for_status()
            return self._decoder.decode(await response.read())


def _admin_file(data: Path) -> AdminFile:
    return msgspec.json.decode((data / "admin.json").read_bytes(), type=AdminFile)
