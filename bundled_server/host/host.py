"""The composition root of one mail host: it builds, opens and closes the agents and hands them to one another."""

import asyncio
import os
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from bundled_server.admin.control import Clerk
from bundled_server.auth.login import TokenVerifier
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings
from bundled_server.dns.resolver import Resolver
from bundled_server.filter_config import BayesSettings
from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.filters.bayes.school import Lesson, School
from bundled_server.filters.filter import Filter
from bundled_server.filters.inspection import Inspection
from bundled_server.host.clerks import clerks_of, list_clerk_of
from bundled_server.host.filtering import build_inspection
from bundled_server.host.folder import HostFolder
from bundled_server.host.gauges import HostGauges
from bundled_server.host.mail_flow import build_mail_flow, build_relay
from bundled_server.host.parts import Ground, MailFlow, People, Surroundings
from bundled_server.host.people import build_people
from bundled_server.host.ports import listen, port_trouble, tls_context
from bundled_server.host.services import services_of
from bundled_server.host.stage import EMPTY_STAGE, Stage
from bundled_server.journal import Agent, Journal
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Store
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.domains import Domains
from bundled_server.mta.routing import PortOf
from bundled_server.net.listener import Listener
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.runner import Runner
from bundled_server.queue.spool import Spool

HOUSEKEEPING_SECONDS = 1.0
DAY_SECONDS = 86_400.0


class Host:
    """One running mail host. `open` returns when every port accepts; `close` leaves nothing behind.

    The optional arguments are the world's to give, see `host.parts.Surroundings`; without them it is the real one.
    """

    def __init__(
        self,
        settings: HostSettings,
        *,
        clock: Clock | None = None,
        resolver: Resolver | None = None,
        port_of: PortOf | None = None,
        randomness: Callable[[], float] = random.random,
        filters: Sequence[Filter] = (),
        token_verifier: TokenVerifier | None = None,
        stage: Stage = EMPTY_STAGE,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.folder = HostFolder(settings.data)
        self.bound_ports: dict[str, int] = {}
        self._surroundings = Surroundings(
            self.clock, resolver, port_of, randomness, tuple(filters), token_verifier, stage
        )
        self._stack = AsyncExitStack()
        self._listeners: list[Listener] = []
        self._ground: Ground
        self._people: People
        self._flow: MailFlow
        self._inspection: Inspection

    # what others may ask of an open host

    @property
    def journal(self) -> Journal:
        return self._ground.journal

    @property
    def store(self) -> Store:
        return self._ground.store

    @property
    def directory(self) -> StoreDirectory:
        return self._people.directory

    @property
    def domains(self) -> Domains:
        return self._people.domains

    @property
    def addresses(self) -> Addresses:
        return self._people.addresses

    @property
    def runner(self) -> Runner:
        return self._flow.runner

    @property
    def spool(self) -> Spool:
        return self._flow.spool

    @property
    def school(self) -> School:
        return self._ground.school

    @property
    def filters(self) -> Inspection:
        """The filters at port 25, to look at and to switch while the host runs."""
        return self._inspection

    @property
    def clerks(self) -> Mapping[str, Clerk]:
        """Who answers the administrator, by room."""
        return clerks_of(self._ground, self._people, self._flow, self._inspection)

    @property
    def connections(self) -> dict[str, int]:
        """Open connections by service."""
        return {
            name: listener.connections for name, listener in zip(self.bound_ports, self._listeners, strict=False)
        }

    # opening, in the order of dependence, and closing

    async def open(self) -> None:
        """Build and open every part. Raises HostCannotStart, FolderError or StoreError, and is closed then."""
        try:
            await self._open_parts()
        except BaseException:
            await self._stack.aclose()
            raise

    async def close(self) -> None:
        """Close the ports, let the couriers finish, write everything out."""
        await self._stack.aclose()

    async def __aenter__(self) -> "Host":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _open_parts(self) -> None:
        self._stack.enter_context(self.folder)
        tls = tls_context(self.settings, self.folder.certificates)
        self._ground = await self._open_ground()
        self._people = await build_people(self._ground, self.folder)
        self._stack.callback(self._people.logins.close)
        self._stack.callback(self.directory.close)
        relay = build_relay(self._ground)
        self._stack.push_async_callback(relay.close)
        self._flow = build_mail_flow(self._ground, self._people, relay)
        self._stack.push_async_callback(self.runner.close)
        self._inspection = build_inspection(self._ground, self._people)
        await self._open_ports(tls)
        await self._open_admin()
        await self.runner.open()
        self._stack.push_async_callback(
            self._end_task, asyncio.create_task(self._keep_house(), name="housekeeping")
        )

    async def _open_ground(self) -> Ground:
        settings, now = self.settings, self.clock.now
        journal = Journal(
            settings.hostname,
            now,
            self.folder.journal,
            settings.limits.journal_file_octets,
            self._surroundings.stage.gathering,
        )
        self._stack.callback(journal.close)
        store = SqliteStore(self.folder.database, now)
        await store.open()
        self._stack.push_async_callback(store.close)
        ids = QueueIds(now, os.getpid() * 61 + id(self) % 3599)
        bayes = Bayes(store)
        habits = settings.filters.bayes or BayesSettings()

        def told(lesson: Lesson) -> None:
            journal.record(Agent.FILTER, "learned", f"{lesson.owner} calls a message {lesson.kind or 'nothing'}")

        school = School(store, bayes, now, habits.keep_days * DAY_SECONDS, habits.rare_messages, told)
        school.open()
        self._stack.push_async_callback(school.close)
        return Ground(settings, self._surroundings, ids, journal, store, bayes, school)

    async def _open_ports(self, tls: ssl.SSLContext) -> None:
        for service in services_of(self._ground, self._people, self._flow, self._inspection):
            port = getattr(self.settings.ports, service.name)
            if port is None:
                continue
            shows = self._surroundings.stage.shows_ciphertext
            listener = await listen(service, self.settings, port, tls, shows_ciphertext=shows)
            self._stack.push_async_callback(listener.close)
            self._listeners.append(listener)
            self.bound_ports[service.name] = listener.port

    async def _open_admin(self) -> None:
        port = self.settings.ports.admin
        if port is None:
            return
        from bundled_server.admin.api import AdminApi  # aiohttp takes its time to import
        from bundled_server.admin.token import publish, withdraw
        from bundled_server.host.importing import importer_of

        api = AdminApi(
            journal=self.journal,
            queue=self.spool,
            users=self.directory,
            gauges=HostGauges(self.store, self.runner, lambda: self.connections),
            body_octets=self.settings.limits.admin_body_octets,
            domains=self.domains,
            take_in=importer_of(self.store),
            clerks=self.clerks,
            leave=list_clerk_of(self._people, self._flow).leave_by_click if self.settings.leave_url else None,
            filters=self._inspection,
        )
        try:
            self.bound_ports["admin"] = await api.open(port)
        except OSError as weather:
            raise port_trouble("admin", "127.0.0.1", port, weather) from weather
        self._stack.push_async_callback(api.close)
        self._stack.callback(withdraw, self.folder.path)
        api.expect(publish(self.folder.path, self.bound_ports["admin"]).token)

    # housekeeping

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            self.journal.flush()
            self._people.aliases.refresh()

    async def _end_task(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
