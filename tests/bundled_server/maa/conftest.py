"""A mail access agent on real sockets: both protocols, over either store, with users whose password is 123456."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.school import School
from bundled_server.journal import Journal
from bundled_server.maa.imap.session import imap_sessions
from bundled_server.maa.pop3.session import pop3_sessions
from bundled_server.mailbox.changes import AddMessage, Change, CreateMailbox
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import MailboxExists, Store, StoreUnavailable
from bundled_server.net.listener import Listener
from bundled_server.net.tls import make_self_signed, server_context
from bundled_server.protocols.sasl import ScramKeys
from bundled_server.protocols.sasl.scram import derive_keys

PASSWORD = "123456"
ARRIVAL = 1123784456.0  # 11 Aug 2005 18:20:56 UTC, as in the lecture


class OnePassword:
    """Everybody's password is the same."""

    has_every_key = True

    async def exists(self, name: str) -> bool:
        return name in ("alice", "juan")

    async def verify(self, name: str, password: str) -> bool:
        return name in ("alice", "juan") and password == PASSWORD

    async def scram_keys(self, name: str) -> ScramKeys:
        return derive_keys(PASSWORD if name in ("alice", "juan") else "nobody's", b"salt", 4096)


class Disk(MemoryStore):
    """A store whose disk can be full."""

    is_full = False

    async def commit(self, *changes: Change) -> tuple[Any, ...]:
        if self.is_full:
            raise StoreUnavailable("the disk is full")
        return await super().commit(*changes)


class Dialogue:
    """A client that types lines and reads lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def types(self, *lines: str) -> None:
        self.sends("".join(line + "\r\n" for line in lines).encode("utf-8"))

    def sends(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def reads(self) -> str:
        async with asyncio.timeout(60):
            return (await self.reader.readline()).decode("utf-8", "surrogateescape").rstrip("\r\n")

    async def reads_until(self, start: str) -> list[str]:
        """Lines up to and with the first that starts so."""
        lines = [await self.reads()]
        while not lines[-1].startswith(start):
            assert lines[-1] or not self.reader.at_eof(), lines
            lines.append(await self.reads())
        return lines

    async def runs(self, command: str, tag: str = "t") -> list[str]:
        """One IMAP command and its whole answer."""
        await self.types(f"{tag} {command}")
        return await self.reads_until(f"{tag} ")

    async def sees_the_end(self) -> bool:
        async with asyncio.timeout(60):
            return await self.reader.read() == b""

    def leaves(self) -> None:
        self.writer.close()


@dataclass
class Agent:
    """The running agent and what stands behind it."""

    store: Store
    journal: Journal
    settings: HostSettings
    imap: Listener
    pop3: Listener
    school: School

    @asynccontextmanager
    async def _connected(self, port: int) -> AsyncIterator[Dialogue]:
        reader, writer = await asyncio.open_connection(self.settings.listen, port, limit=1 << 24)
        dialogue = Dialogue(reader, writer)
        try:
            yield dialogue
        finally:
            dialogue.leaves()

    @asynccontextmanager
    async def imap_client(self, user: str = "alice", mailbox: str = "") -> AsyncIterator[Dialogue]:
        """Logged in when a user is given, and in a mailbox when that is."""
        async with self._connected(self.imap.port) as dialogue:
            assert (await dialogue.reads()).startswith("* OK ")
            if user:
                assert (await dialogue.runs(f"LOGIN {user} {PASSWORD}"))[-1].startswith("t OK ")
            if mailbox:
                assert (await dialogue.runs(f"SELECT {mailbox}"))[-1].startswith("t OK ")
            yield dialogue

    @asynccontextmanager
    async def pop3_client(self, user: str = "alice") -> AsyncIterator[Dialogue]:
        async with self._connected(self.pop3.port) as dialogue:
            assert (await dialogue.reads()).startswith("+OK ")
            if user:
                await dialogue.types(f"USER {user}", f"PASS {PASSWORD}")
                assert (await dialogue.reads()).startswith("+OK ")
                assert (await dialogue.reads()).startswith("+OK ")
            yield dialogue

    async def deliver(self, *messages: bytes, owner: str = "alice", mailbox: str = "INBOX") -> list[int]:
        """Put messages into a mailbox as the MDA would; their uids."""
        target = await self.store.mailbox(owner, mailbox)
        assert target is not None
        changes = [AddMessage(target.mailbox_id, prepare(data), frozenset(), ARRIVAL) for data in messages]
        return [added.uid for added in await self.store.commit(*changes)]


def message(subject: str = "hello", body: str = "A line\r\n", extra: str = "") -> bytes:
    head = f"From: Bob <bob@other.test>\r\nTo: alice@cities.org\r\nSubject: {subject}\r\n"
    date = "Date: Thu, 11 Aug 2005 20:20:56 -0300\r\nMessage-ID: <1@other.test>\r\n"
    return f"{head}{date}{extra}\r\n{body}".encode()


@asynccontextmanager
async def running_agent(
    store: Store,
    folder: Path,
    tls: ssl.SSLContext | None = None,
    clock: Clock | None = None,
    **changes: object,
) -> AsyncIterator[Agent]:
    settings = HostSettings(hostname="brasilia.cities.org", domain="cities.org", data=folder, journal_wire=True)
    settings = msgspec.structs.replace(settings, **changes)
    clock = clock or SystemClock()
    journal = Journal("brasilia", clock.now)
    throttle = LoginThrottle(clock, settings.limits.login_failures_per_minute)
    parts = (store, OnePassword(), throttle, journal, settings)
    await store.open()
    for owner in ("alice", "juan"):
        with suppress(MailboxExists):
            await store.commit(CreateMailbox(owner, "INBOX"))
    common = {"limits": settings.limits, "host": settings.listen, "tls": tls}
    school = School(store, Bayes(store), clock.now, keep_seconds=1e9, rare=0)
    imap = Listener(imap_sessions(*parts, clock, school.take), name="imap", **common)
    pop3 = Listener(pop3_sessions(*parts, clock), name="pop3", **common)
    school.open()
    async with imap, pop3:
        yield Agent(store, journal, settings, imap, pop3, school)
    await school.close()
    await store.close()


@pytest.fixture
def make_message():
    return message


@pytest.fixture(params=["memory", "sqlite"])
async def agent(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Agent]:
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.db")
    async with running_agent(store, tmp_path) as running:
        yield running


@pytest.fixture
def agent_with(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Agent]]:
    """An agent with other settings, over a store in memory whose disk can be full."""
    return lambda **changes: running_agent(Disk(), tmp_path, **changes)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side of TLS, and a client's that trusts it."""
    paths = make_self_signed("localhost", tmp_path)
    return server_context(paths), ssl.create_default_context(cafile=str(paths.certificate))
