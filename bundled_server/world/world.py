"""The practice world: two hosts that find each other by MX, their name server, their certificates, sample mail."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType

from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings, Ports
from bundled_server.dns.resolver import DnsResolver
from bundled_server.dns.zone_server import Zones, ZoneServer
from bundled_server.host.host import Host
from bundled_server.journal import Journal
from bundled_server.net.tls import CertificatePaths, issue, make_authority
from bundled_server.world.mail import lecture, outside, thread, welcome
from bundled_server.world.mail.letter import Letter
from bundled_server.world.places import PASSWORD, PLACES, Place, zone_text
from bundled_server.world.postman import Postman

ADDRESS = "127.0.0.1"
SETTLE_SECONDS = 30.0
ALL_PORTS = Ports(smtp=0, submission=0, submissions=0, imap=0, imaps=0, pop3=0, pop3s=0, admin=0)


class World:
    """Open it with `async with`. `hosts` are by domain. A folder that holds a world is continued: its mail,
    users and queue are as they were left, and no sample mail is sent again."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self.data = data
        self.zones = Zones()
        self.hosts: dict[str, Host] = {}
        self.authority = CertificatePaths(data / "ca.pem", data / "ca.key")
        self._clock = clock or SystemClock()
        self._names = ZoneServer(self.zones)
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> "World":
        try:
            await self._open()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    def port_of(self, hostname: str) -> int | None:
        """The SMTP port of a host of this world, None for every other name."""
        for place in PLACES:
            if place.hostname == hostname and place.domain in self.hosts:
                return self.hosts[place.domain].bound_ports.get("smtp")
        return None

    async def _open(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.authority = make_authority(self.data)
        self.zones.load(zone_text(PLACES, ADDRESS))
        await self._names.open()
        self._exits.push_async_callback(self._names.close)
        for place in PLACES:
            host = self._host(place)
            await host.open()
            self._exits.push_async_callback(host.close)
            self.hosts[place.domain] = host
        await self._send_sample_mail_once()

    def _host(self, place: Place) -> Host:
        certificate = issue(self.authority, place.hostname, self.data)
        settings = HostSettings(
            hostname=place.hostname,
            domain=place.domain,
            data=self.data / place.hostname,
            ports=ALL_PORTS,
            users=tuple((user, PASSWORD) for user in place.users),
            tls_certificate=certificate.certificate,
            tls_key=certificate.key,
            insecure_auth=True,
            egress="none",
            journal_wire=True,
        )
        resolver = DnsResolver([self._names.address])
        return Host(settings, resolver=resolver, port_of=self.port_of, clock=self._clock)

    async def _send_sample_mail_once(self) -> None:
        """Deliver the letters through the chain itself; the welcome goes last, so that it is the newest."""
        done = self.data / "sample-mail-was-sent"
        if done.exists():
            return
        now = self._clock.now()
        *others, greeting = welcome.letters(now)
        await self._carry([*lecture.letters(), *outside.letters(now), *thread.letters(now), *others])
        await self._carry([greeting])
        done.touch(mode=0o600)

    async def _carry(self, letters: Sequence[Letter]) -> None:
        ports = {domain: host.bound_ports for domain, host in self.hosts.items()}
        postman = Postman(ports, lambda: ssl.create_default_context(cafile=str(self.authority.certificate)))
        await postman.carry(letters)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._queues_are_empty()

    async def _queues_are_empty(self) -> None:
        """Return when no host has anything waiting; looks again whenever an agent did something."""
        happened = asyncio.Event()

        async def listen(journal: Journal) -> None:
            async for _ in journal.follow():
                happened.set()

        async with asyncio.TaskGroup() as group:
            listeners = [group.create_task(listen(host.journal)) for host in self.hosts.values()]
            while any([await host.store.queue_items() for host in self.hosts.values()]):
                await happened.wait()
                happened.clear()
            for listener in listeners:
                listener.cancel()
