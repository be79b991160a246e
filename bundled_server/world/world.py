"""The practice world: mail hosts that find each other by MX, their name server, certificates, and sample mail."""

import asyncio
import random
import socket
import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from msgspec.structs import replace

from bundled_server.auth.passwords import Cost
from bundled_server.clock import WorldClock
from bundled_server.config import HostSettings, Ports
from bundled_server.dns.resolver import DnsResolver
from bundled_server.dns.zone_server import Zones, ZoneServer
from bundled_server.filter_config import Clamd, FilterSettings
from bundled_server.host.host import Host
from bundled_server.host.stage import Stage
from bundled_server.net.driver import Link, Session
from bundled_server.net.listener import SessionFactory
from bundled_server.net.tls import CertificatePaths, issue, make_authority
from bundled_server.protocols.machine import Machine
from bundled_server.world.faults.board import FaultBoard
from bundled_server.world.faults.dialogues import Trouble, spoiled
from bundled_server.world.faults.fault import Fault
from bundled_server.world.faults.mailboxes import FullMailboxes
from bundled_server.world.faults.names import SpoiledNames
from bundled_server.world.faults.switchboard import Switchboard
from bundled_server.world.journal import WorldJournal
from bundled_server.world.mail import lecture, outside, thread, welcome
from bundled_server.world.mail.letter import Letter
from bundled_server.world.mailing_lists import make_lists
from bundled_server.world.places import PASSWORD, PLACES, Place, zone_text
from bundled_server.world.postman import Postman
from bundled_server.world.snapshots import START, Snapshots
from bundled_server.world.station import Station
from bundled_server.world.teaching_filters import TEACHING_FILTERS
from bundled_server.world.virus_scanner import VirusScanner

ADDRESS = "127.0.0.1"
SETTLE_SECONDS = 30.0
NAME_SERVER_SECONDS = 2.0
PRACTICE_COST = Cost(n=1024, iterations=4096)  # the password is printed in every lesson
ALL_PORTS = Ports(smtp=0, submission=0, submissions=0, imap=0, imaps=0, pop3=0, pop3s=0, managesieve=0, admin=0)


class World:
    """Open it with `async with`. `stations` hold the hosts by domain, `journal` hears all of them, `faults` makes
    things go wrong, `clock` is everybody's. A folder that holds a world is continued: its mail, users and
    queue are as they were left, and no sample mail is sent again."""

    def __init__(
        self,
        data: Path,
        clock: WorldClock | None = None,
        *,
        places: Sequence[Place] = PLACES,
        sample_mail: bool = True,
        filters: FilterSettings = TEACHING_FILTERS,
    ) -> None:
        self.data = data
        self.places = tuple(places)
        self.clock = clock or WorldClock()
        self.zones = Zones()
        self.stations: dict[str, Station] = {}
        self.authority = CertificatePaths(data / "ca.pem", data / "ca.key")
        self.journal = WorldJournal(self.clock.now)
        self.board = FaultBoard(self._struck)
        self.faults = Switchboard(self)
        self.scanners = {place.hostname: VirusScanner() for place in self.places}
        self.snapshots = Snapshots(self)
        self._sample_mail = sample_mail
        self._filters = filters
        self._names = ZoneServer(self.zones, interfere=SpoiledNames(self.board), heard=self.journal.hear_names)
        self._resolvers: list[DnsResolver] = []
        self._nobody_listens: socket.socket | None = None
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

    @property
    def hosts(self) -> dict[str, Host]:
        """The hosts by domain."""
        return {domain: station.host for domain, station in self.stations.items()}

    @property
    def name_server(self) -> tuple[str, int]:
        """Where the world's DNS answers, by UDP and TCP."""
        return self._names.address

    def station(self, name: str) -> Station:
        """The station of a host name or a domain. Raises LookupError."""
        for station in self.stations.values():
            if name.lower() in (station.place.hostname, station.place.domain):
                return station
        known = ", ".join(place.hostname for place in self.places)
        raise LookupError(f"no host {name!r} in this world: there is {known}")

    def port_of(self, hostname: str) -> int | None:
        """The SMTP port of a host of this world, None for every other name; of one whose exchanger is down, a port
        where nobody listens."""
        for station in self.stations.values():
            if station.place.hostname == hostname:
                if any(self.board.of("mx-down", hostname)):
                    return self._dead_port()
                return station.host.bound_ports.get("smtp")
        return None

    def forget_names(self) -> None:
        """Every host asks the name server anew."""
        for resolver in self._resolvers:
            resolver.forget()

    # opening

    async def _open(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.authority = make_authority(self.data)
        self.zones.load(zone_text(self.places, ADDRESS))
        await self._names.open()
        self._exits.push_async_callback(self._names.close)
        self._exits.callback(self._close_dead_port)
        for scanner in self.scanners.values():
            await scanner.open()
            self._exits.push_async_callback(scanner.close)
        self.stations = {place.domain: self._station(place) for place in self.places}
        for station in self.stations.values():
            self._exits.push_async_callback(station.stop)
            await station.start()
        if self._sample_mail:
            await self._send_sample_mail_once()
        await self.snapshots.take(START)

    def _station(self, place: Place) -> Station:
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
            filters=replace(self._filters, clamd=Clamd(address=self.scanners[place.hostname].address)),
        )
        return Station(place, settings, self._host)

    def _host(self, settings: HostSettings) -> Host:
        resolver = DnsResolver([self._names.address], timeout_seconds=NAME_SERVER_SECONDS)
        self._resolvers.append(resolver)
        return Host(
            settings,
            resolver=resolver,
            port_of=self.port_of,
            clock=self.clock,
            randomness=random.random,
            stage=Stage(
                gathering=self.journal,
                shows_ciphertext=True,
                sessions=lambda service, sessions: self._staged(settings.hostname, service, sessions),
                planner=lambda planner: FullMailboxes(planner, self.board),
                password_cost=PRACTICE_COST,
            ),
        )

    def _staged(self, hostname: str, service: str, sessions: SessionFactory) -> SessionFactory:
        """The dialogues of one port with what is wrong there, their ciphertext heard by the journal."""
        station = self.station(hostname)
        troubled = spoiled(Trouble(self.board, hostname, service), sessions, station.disconnected)

        def make(link: Link) -> tuple[Machine[Any], Session]:
            station.connected(link)
            hear = self.journal.hear_packet
            link.connection.see_ciphertext(partial(hear, hostname, service, link.session_id, link.peer))
            return troubled(link)

        return make

    def _struck(self, fault: Fault, where: str) -> None:
        self.journal.note("struck", f"{fault.key}: {where}")

    # a port that refuses every connection: bound, so that nobody else gets it, and not listening

    def _dead_port(self) -> int:
        if self._nobody_listens is None:
            self._nobody_listens = socket.socket()
            self._nobody_listens.bind((ADDRESS, 0))
        return int(self._nobody_listens.getsockname()[1])

    def _close_dead_port(self) -> None:
        if self._nobody_listens is not None:
            self._nobody_listens.close()

    # sample mail

    async def _send_sample_mail_once(self) -> None:
        """Deliver the letters through the chain itself; the welcome goes last, so that it is the newest."""
        done = self.data / "sample-mail-was-sent"
        if done.exists():
            return
        await make_lists(self.hosts)
        now = self.clock.now()
        *others, greeting = welcome.letters(now)
        await self._carry([*lecture.letters(), *outside.letters(now), *thread.letters(now), *others])
        await self._carry([greeting])
        done.touch(mode=0o600)

    def postman(self) -> Postman:
        """Somebody who hands letters to these hosts."""
        ports = {domain: host.bound_ports for domain, host in self.hosts.items()}
        return Postman(ports, lambda: ssl.create_default_context(cafile=str(self.authority.certificate)))

    async def _carry(self, letters: Sequence[Letter]) -> None:
        await self.postman().carry(letters)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._queues_are_empty()

    async def _queues_are_empty(self) -> None:
        """Return when no host has anything waiting; looks again whenever an agent did something."""
        events = self.journal.follow()
        happened = asyncio.ensure_future(anext(events))
        try:
            while any([await host.store.queue_items() for host in self.hosts.values()]):
                await asyncio.wait([happened])
                happened = asyncio.ensure_future(anext(events))
        finally:
            happened.cancel()
            await asyncio.gather(happened, return_exceptions=True)
            await events.aclose()
