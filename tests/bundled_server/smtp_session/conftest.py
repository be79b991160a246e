"""A running SMTP port that keeps what it accepts, and a peer that speaks raw octets to it."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bundled_server.auth.login import SaslBackEnd, TokenVerifier
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings, Limits, Ports
from bundled_server.envelope import Envelope
from bundled_server.host.host import Host
from bundled_server.journal import Agent, Journal
from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.msa.policy import Signer, SubmissionPolicy
from bundled_server.msa.rate import UserRate
from bundled_server.mta.etrn import TurnDesk
from bundled_server.mta.policy import TransferPolicy
from bundled_server.net.listener import Listener
from bundled_server.net.tls import issue, make_authority, server_context
from bundled_server.protocols.sasl import ScramKeys
from bundled_server.protocols.sasl.scram import derive_keys
from bundled_server.smtp_session import SmtpServices, smtp_sessions

HOSTNAME = "brasilia.cities.org"
NOW = 1_123_801_256.0  # Thu, 11 Aug 2005 23:00:56 +0000
PEOPLE = frozenset({"alice", "juan", "root"})
PATIENCE_SECONDS = 60.0


class People:
    """A directory whose every password is 123456."""

    has_every_key = True

    async def exists(self, name: str) -> bool:
        return name in PEOPLE

    async def scram_keys(self, name: str) -> ScramKeys:
        return derive_keys("123456" if name in PEOPLE else "", b"salt of " + name.encode(), 4096)

    async def verify(self, name: str, password: str) -> bool:
        return name in PEOPLE and password == "123456"


class StandingClock(SystemClock):
    """Time stands still, and sleeping takes none of it."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return NOW

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Peer:
    """The client's end of a connection, in octets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> str:
        """One whole reply, its lines joined by newlines; "" at the end of the stream."""
        lines: list[str] = []
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = (await self.reader.readline()).decode("ascii")
            if not line:
                return "\n".join(lines)
            assert line.endswith("\r\n")
            lines.append(line[:-2])
            if line[3:4] != "-":
                return "\n".join(lines)

    async def ask(self, line: str) -> str:
        await self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.reader.read()

    async def play(self, transcript: str) -> None:
        """Send the C: lines, compare the S: lines; "…" stands for anything."""
        for line in transcript.strip().splitlines():
            side, text = line.strip()[:2], line.strip()[3:]
            if side == "C:":
                await self.send(text.encode() + b"\r\n")
            else:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    heard = (await self.reader.readline()).decode().rstrip("\r\n")
                pattern = ".*".join(re.escape(part) for part in text.split("…"))
                assert re.fullmatch(pattern, heard), f"expected {text!r}, heard {heard!r}"


@dataclass
class Server:
    """One port and what it took."""

    listener: Listener
    journal: Journal
    clock: StandingClock
    accepted: list[tuple[Envelope, bytes, str]] = field(default_factory=list)
    weather: bool = False

    named: int = 0

    def new_queue_id(self) -> str:
        self.named += 1
        return f"Q{self.named:05d}"

    async def accept(self, envelope: Envelope, content: bytes, origin: str, queue_id: str) -> None:
        if self.weather:
            raise StoreUnavailable("disk full")
        self.journal.record(Agent.MQ, "queued", "", queue_id=queue_id)
        self.accepted.append((envelope, content, origin))

    async def connect(self, *, greeted: bool = True) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.listener.port))
        if greeted:
            assert (await peer.reply()).startswith("220 ")
        return peer


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture(scope="session")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    return server_context(issue(make_authority(folder), HOSTNAME, folder))


@pytest.fixture
def run() -> Callable[..., Awaitable[str]]:
    """Run a program to its end; its output."""

    async def one(*words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        async with asyncio.timeout(30):
            output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()

    return one


@pytest.fixture
def client_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
async def serve(server_tls: ssl.SSLContext) -> AsyncIterator[Serve]:
    listeners: list[Listener] = []

    async def start(
        *,
        submission: bool = False,
        limits: Limits | None = None,
        tls: bool = False,
        implicit_tls: bool = False,
        journal_wire: bool = False,
        idle_seconds: float | None = None,
        answers_questions: bool = False,
        scram: bool = False,
        sign: Signer | None = None,
        tokens: TokenVerifier | None = None,
        waiting: dict[str, int] | None = None,
    ) -> Server:
        clock = StandingClock()
        journal = Journal(HOSTNAME, clock.now)
        limits = limits or Limits()

        async def members(name: str) -> list[str] | None:
            return {"staff": ["alice", "bob@other.test"]}.get(name)

        async def flush(domain: str) -> int:
            return (waiting or {}).get(domain, 0)

        async def exists(local: str, domain: str) -> bool:
            return local in PEOPLE

        policy = (
            SubmissionPolicy(
                hostname=HOSTNAME,
                domains=["cities.org"],
                logins=SaslBackEnd(
                    People(),
                    LoginThrottle(clock, limits.login_failures_per_minute),
                    ["cities.org"],
                    keys=People() if scram else None,
                    tokens=tokens,
                ),
                now=clock.now,
                rate=UserRate(limits.user_recipients_per_hour, clock.now),
                sign=sign,
                recipient_exists=exists,
                members=members,
                token=lambda: "made-here",
            )
            if submission
            else TransferPolicy(
                hostname=HOSTNAME,
                domains=["cities.org"],
                recipient_exists=exists,
                now=clock.now,
                members=members,
                answers_questions=answers_questions,
            )
        )

        async def accept(envelope: Envelope, pieces: list[bytes], origin: str, queue_id: str) -> None:
            await server.accept(envelope, b"".join(pieces), origin, queue_id)

        def new_queue_id() -> str:
            return server.new_queue_id()

        turn = TurnDesk(flush, ["cities.org"], clock.now, 10.0) if waiting is not None else None
        services = SmtpServices(HOSTNAME, policy, accept, new_queue_id, journal, limits, journal_wire, turn)
        listener = Listener(
            smtp_sessions(services),
            name="smtp",
            limits=limits,
            tls=server_tls if tls or implicit_tls else None,
            implicit_tls=implicit_tls,
            busy_line=b"421 4.3.2 too many connections\r\n",
            idle_seconds=idle_seconds,
        )
        server = Server(listener, journal, clock)
        await listener.open()
        listeners.append(listener)
        return server

    yield start
    for listener in listeners:
        await listener.close()


@dataclass
class Door:
    """One SMTP port of a whole host, and how to get in there."""

    host: Host
    service: str
    clock: Clock

    @property
    def sender(self) -> str:
        return "alice@cities.org" if self.service == "submission" else "bob@other.test"

    @property
    def envelope(self) -> bytes:
        return f"MAIL FROM:<{self.sender}>\r\nRCPT TO:<juan@cities.org>\r\nDATA\r\n".encode()

    async def connect(self) -> Peer:
        """Greeted, and not yet introduced."""
        address = self.host.settings.listen
        peer = Peer(*await asyncio.open_connection(address, self.host.bound_ports[self.service]))
        assert (await peer.reply()).startswith("220 ")
        return peer

    async def enter(self) -> Peer:
        """Introduced, and logged in where that is asked for."""
        peer = await self.connect()
        assert (await peer.ask(f"{'LHLO' if self.service == 'lmtp' else 'EHLO'} a.test")).startswith("250")
        if self.service == "submission":
            assert (await peer.ask("AUTH PLAIN AGFsaWNlADEyMzQ1Ng==")).startswith("235 ")
        return peer

    async def into_data(self) -> Peer:
        """In the middle of a message."""
        peer = await self.enter()
        await peer.send(self.envelope)
        assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
        return peer

    async def stored(self, owner: str = "juan") -> list[bytes]:
        """The messages in an INBOX, once the queue is empty."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.host.store.queue_items():
                await asyncio.sleep(0)
        mailbox = await self.host.store.mailbox(owner, "INBOX")
        assert mailbox is not None
        index = await self.host.store.index(mailbox.mailbox_id)
        return [await self.host.store.body(content_id) for content_id in index.content_ids]


OpenDoor = Callable[..., Awaitable[Door]]


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[OpenDoor]:
    """Open a host and show one of its ports: door("smtp"), door("lmtp", limits=Limits(…))."""
    async with AsyncExitStack() as stack:

        async def open_one(service: str, *, clock: Clock | None = None, **settings: Any) -> Door:
            host = Host(
                HostSettings(
                    hostname=HOSTNAME,
                    domain="cities.org",
                    data=tmp_path / "host",
                    ports=Ports(smtp=0, submission=0, lmtp=0),
                    users=(("alice", "123456"), ("juan", "123456")),
                    **({"insecure_auth": True} | settings),
                ),
                clock=clock,
            )
            await stack.enter_async_context(host)
            return Door(host, service, host.clock)

        yield open_one
