"""Two thousand messages for a host that takes connections and is silent: mail for another arrives at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.envelope import Envelope, Recipient
from bundled_server.host.host import Host


class Names:
    """Every domain is served by a host of its own name on this machine."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        return [(10, domain)]

    async def addresses(self, host: str) -> list[str]:
        return ["127.0.0.1"]

    async def txt(self, name: str) -> list[str]:
        return []

    async def ptr(self, address: str) -> list[str]:
        return []


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_a_silent_host_delays_no_other(tmp_path: Path, silent_port: int) -> None:
    names = Names()
    names.ports["silent.test"] = silent_port

    def host(domain: str) -> Host:
        settings = HostSettings(
            hostname=domain,
            domain=domain,
            data=tmp_path / domain,
            ports=Ports(smtp=0),
            users=(("alice", "123456"),),
        )
        return Host(settings, resolver=names, port_of=names.ports.get)

    near, live = host("near.test"), host("live.test")
    async with near, live:
        names.ports["live.test"] = live.bound_ports["smtp"]
        silent = Envelope("alice@near.test", (Recipient("x@silent.test"),))
        await asyncio.gather(
            *(near.spool.accept(silent, b"Subject: s\r\n\r\nHola\r\n", "submission") for _ in range(2000))
        )
        inbox = await live.store.mailbox("alice", "INBOX")
        assert inbox is not None
        changed = asyncio.Event()
        stop = live.store.watch(inbox.mailbox_id, lambda _: changed.set())
        fresh = Envelope("alice@near.test", (Recipient("alice@live.test"),))
        await near.spool.accept(fresh, b"Subject: fresh\r\n\r\nHola\r\n", "submission")
        async with asyncio.timeout(60):
            await changed.wait()
        stop()
        assert near.runner.in_flight <= near.settings.limits.queue_in_memory_per_destination + 10
        assert near.runner.destinations["silent.test"] == 2000
