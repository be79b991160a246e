"""Filters that say what a test wants, and a dialogue with port 25 of a host that has them."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.dns.resolver import DnsResolver
from bundled_server.dns.zone_server import ZoneServer
from bundled_server.filter_config import FilterSettings
from bundled_server.filters.filter import Filter, Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict
from bundled_server.host.host import Host
from bundled_server.mailbox.memory_store import MemoryStore


@dataclass
class Says:
    """Answers every stage named with the same verdict, or raises it; remembers what it was asked."""

    name: str
    says: Verdict | Exception | None = None
    at: tuple[Stage, ...] = (Stage.DATA,)
    wave: Wave = Wave.LOOKUPS
    must_answer: bool = False
    patience_seconds: float | None = None
    about: str = "a filter of the tests"
    asked: list[Question] = field(default_factory=list)
    waits_for: asyncio.Event | None = None

    @property
    def stages(self) -> Mapping[Stage, Judge]:
        return dict.fromkeys(self.at, self._judge)

    async def _judge(self, question: Question) -> Verdict | None:
        self.asked.append(question)
        if self.waits_for is not None:
            await self.waits_for.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@dataclass(frozen=True)
class Came:
    """What a client heard last, and what lies in alice's mailboxes then."""

    code: int
    words: bytes
    inbox: list[bytes]
    junk: list[bytes]
    events: list[str]


@pytest.fixture
def settings(tmp_path: Path) -> HostSettings:
    return HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=tmp_path / "host",
        ports=Ports(smtp=0),
        users=(("alice", "123456"),),
        filters=FilterSettings(),
    )


async def send_to(
    host: Host, text: str, *, sender: str = "x@far.test", helo: str = "client.far.test"
) -> tuple[int, bytes]:
    """One message to alice → the reply that ended it."""

    def talk(port: int) -> tuple[int, bytes]:
        try:
            with smtplib.SMTP("127.0.0.1", port, helo) as client:
                for step in (client.ehlo, lambda: client.mail(sender), lambda: client.rcpt("alice@cities.org")):
                    code, words = step()
                    if code >= 400:
                        return code, words
                return client.data(text)
        except smtplib.SMTPConnectError as refused:
            return refused.smtp_code, bytes(refused.smtp_error)

    return await asyncio.to_thread(talk, host.bound_ports["smtp"])


async def what_came(host: Host, answer: tuple[int, bytes]) -> Came:
    """What there is once the queue is empty."""
    async with asyncio.timeout(60):
        while await host.store.queue_items():
            await asyncio.sleep(0)
    boxes = []
    for name in ("INBOX", "Junk"):
        mailbox = await host.store.mailbox("alice", name)
        assert mailbox is not None
        index = await host.store.index(mailbox.mailbox_id)
        boxes.append([await host.store.body(content_id) for content_id in index.content_ids])
    events = [f"{event.kind}: {event.text}" for event in host.journal.recent() if event.agent == "FILTER"]
    return Came(*answer, *boxes, events)


@pytest.fixture
async def names() -> AsyncIterator[ZoneServer]:
    """A name server on loopback with these zones and nothing in them."""
    server = ZoneServer()
    for origin in ("test", "bl.lists", "wl.lists", "in-addr.arpa", "ip6.arpa"):
        server.zones.add_zone(origin)
    await server.open()
    yield server
    await server.close()


@pytest.fixture
def resolver(names: ZoneServer) -> DnsResolver:
    return DnsResolver([names.address])


@pytest.fixture
async def store() -> AsyncIterator[MemoryStore]:
    store = MemoryStore(lambda: 1_000_000.0)
    await store.open()
    yield store
    await store.close()


async def ask_filter(link: Filter, stage: Stage, question: Question) -> Verdict | None:
    return await link.stages[stage](question)


@pytest.fixture
def ask() -> Callable[..., Awaitable[Verdict | None]]:
    return ask_filter


@pytest.fixture
def says() -> type[Says]:
    return Says


@pytest.fixture
def send() -> Callable[..., Awaitable[tuple[int, bytes]]]:
    return send_to


@pytest.fixture
def came() -> Callable[..., Awaitable[Came]]:
    return what_came
