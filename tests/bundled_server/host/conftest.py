"""What tests of whole hosts wait for."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bundled_server.host.host import Host

Arrived = Callable[..., Awaitable[list[bytes]]]


@pytest.fixture
def arrived() -> Arrived:
    """arrived(host, owner, count=1) → the messages of an INBOX, as soon as there are so many."""

    async def wait(host: Host, owner: str, count: int = 1) -> list[bytes]:
        mailbox = await host.store.mailbox(owner, "INBOX")
        assert mailbox is not None
        changed = asyncio.Event()
        stop = host.store.watch(mailbox.mailbox_id, lambda _: changed.set())
        async with asyncio.timeout(60):
            while len((index := await host.store.index(mailbox.mailbox_id)).uids) < count:
                await changed.wait()
                changed.clear()
        stop()
        return [await host.store.body(content_id) for content_id in index.content_ids]

    return wait
