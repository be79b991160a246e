"""The composition root of one mail host: it builds, opens and closes the agents and hands them to one another."""

import asyncio
import logging
import os
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bundled_server.auth.login import SaslBackEnd, TokenVerifier
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.auth.throttle import LoginThrottle
from bundled_server.clock import Clock, SystemClock
from bundled_server.config import HostSettings
from bundled_server.dns.resolver import Resolver
from bundled_server.filter_gate import gate_of
from bundled_server.filters.chain import Chain, Filter, is_forged_result
from bundled_server.host_folder import HostFolder
from bundled_server.host_gauges import HostGauges
from bundled_server.journal import Journal
from bundled_server.maa.imap.session import imap_sessions
from bundled_server.maa.pop3.session import pop3_sessions
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Store
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.alias_file import AliasFileError
from bundled_server.mda.domains import BadDomain, Domains
from bundled_server.mda.local import LocalCourier, LocalParts
from bundled_server.mda.quota import Quotas
from bundled_server.msa.dkim_signer import CannotSign, DkimSigner, dkim_signer
from bundled_server.msa.policy import SubmissionPolicy
from bundled_server.msa.rate import UserRate
from bundled_server.mta.etrn import TurnDesk
from bundled_server.mta.outbound import make_relay
from bundled_server.mta.policy import HandOverPolicy, TransferPolicy
from bundled_server.mta.routing import PortOf
from bundled_server.net.listener import Listener, SessionFactory
from bundled_server.net.tls import CertificatePaths, make_self_signed, server_context
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.queue.bounce import Reporter
from bundled_server.queue.hand_delivery import HandDelivery
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.job import LOCAL
from bundled_server.queue.runner import Runner, RunnerParts
from bundled_server.queue.schedule import RetrySchedule
from bundled_server.queue.settlement import Settler
from bundled_server.queue.short_way import ShortWay
from bundled_server.queue.spool import Spool
from bundled_server.smtp_policy import Policy
from bundled_server.smtp_session import SmtpServices, smtp_sessions
from bundled_server.smtp_session.services import Deliver, Turn

HOUSEKEEPING_SECONDS = 1.0
SMARTHOST_LANE = "smarthost"

logger = logging.getLogger(__name__)


class HostCannotStart(OSError):
    """The host cannot run as it is configured; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Service:
    """One port: which dialogue it speaks, whether TLS comes first, what it says when there is no room."""

    name: str
    sessions: SessionFactory
    implicit_tls: bool
    busy_line: bytes


class Host:
    """One running mail host. `open` returns when every port accepts; `close` leaves nothing behind.

    `clock`, `resolver`, `port_of` (the SMTP port of another host of a practice world, None outside it) and
    `randomness` are the world's to give; without them it is the real one. `filters` judge what comes to port 25,
    in their order. `token_verifier` switches on OAuth 2.0.
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
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.folder = HostFolder(settings.data)
        self.bound_ports: dict[str, int] = {}
        self._resolver = resolver
        self._port_of = port_of
        self._randomness = randomness
        self._token_verifier = token_verifier
        self._filters = tuple(filters)
        self._stack = AsyncExitStack()
        self._ids = QueueIds(self.clock.now, os.getpid() * 61 + id(self) % 3599)
        self._listeners: list[Listener] = []
        self.journal: Journal
        self.store: Store
        self.directory: StoreDirectory
        self.domains: Domains
        self.aliases: AliasBook
        self.addresses: Addresses
        self.courier: LocalCourier
        self.runner: Runner
        self.spool: Spool

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

    @property
    def connections(self) -> dict[str, int]:
        """Open connections by service."""
        return {
            name: listener.connections for name, listener in zip(self.bound_ports, self._listeners, strict=False)
        }

    # opening, in the order of dependence

    async def _open_parts(self) -> None:
        settings = self.settings
        self._stack.enter_context(self.folder)
        tls = self._tls_context()
        self.journal = Journal(
            settings.hostname, self.clock.now, self.folder.journal, settings.limits.journal_file_octets
        )
        self._stack.callback(self.journal.close)
        self.store = SqliteStore(self.folder.database, self.clock.now)
        await self.store.open()
        self._stack.push_async_callback(self.store.close)
        await self._open_directory()
        await self._open_queue()
        await self._open_ports(tls)
        await self._open_admin()
        await self.runner.open()
        self._stack.push_async_callback(
            self._end_task, asyncio.create_task(self._keep_house(), name="housekeeping")
        )

    async def _open_directory(self) -> None:
        """Users named in the settings exist from now on; a password changed since is left alone."""
        settings = self.settings
        self.directory = StoreDirectory(self.store, self.clock)
        self._stack.callback(self.directory.close)
        for name, password in settings.users:
            if not await self.directory.exists(name):
                await self.directory.put(name, password)
        first = settings.users[0][0] if settings.users else ""
        try:
            self.domains = Domains(self.folder.domains, (settings.domain, settings.hostname))
            self.aliases = AliasBook(settings.aliases, settings.alias_files)
        except (BadDomain, AliasFileError, OSError) as fault:
            raise HostCannotStart(str(fault)) from fault
        self.addresses = Addresses(
            self.directory,
            self.domains,
            self.aliases,
            settings.postmaster or ("root" if await self.directory.exists("root") else first),
            settings.limits.alias_expansion,
            canonical=self.domains.canonical,
            forwards={name.lower(): forward for name, forward in settings.forwards.items()},
            everybody=self.directory.names,
        )

    async def _open_queue(self) -> None:
        settings, limits = self.settings, self.settings.limits
        self.courier = courier = LocalCourier(
            LocalParts(
                self.store,
                self.addresses,
                self.journal,
                self.clock.now,
                self._ids.next,
                self._quotas(),
                settings.detail_mailboxes,
            )
        )
        try:
            relay = make_relay(settings, self.journal, self._resolver, self._port_of)
        except OSError as fault:
            raise HostCannotStart(str(fault)) from fault
        self._stack.push_async_callback(relay.close)
        settler = Settler(
            schedule=RetrySchedule(settings.retry_seconds, settings.give_up_seconds, self._randomness),
            reporter=Reporter(
                settings.hostname,
                settings.domain,
                self._ids,
                self.journal,
                settings.give_up_seconds,
                limits.bounce_returns_octets,
            ),
            journal=self.journal,
            now=self.clock.now,
            delay_notice_seconds=settings.delay_notice_seconds,
        )
        self.runner = Runner(
            RunnerParts(self.store, self.clock, courier, relay, self._destination_of, settler, limits)
        )
        self._stack.push_async_callback(self.runner.close)
        short_way = ShortWay(self.store, courier)
        self.spool = Spool(self.store, self.clock, self._ids, self.journal, self.runner, courier.stamp, short_way)

    async def _open_ports(self, tls: ssl.SSLContext) -> None:
        settings = self.settings
        for service in self._services():
            port = getattr(settings.ports, service.name)
            if port is None:
                continue
            listener = Listener(
                service.sessions,
                name=service.name,
                host=settings.listen,
                port=port,
                limits=settings.limits,
                tls=tls,
                implicit_tls=service.implicit_tls,
                busy_line=service.busy_line,
            )
            try:
                await listener.open()
            except OSError as weather:
                raise HostCannotStart(_port_trouble(service.name, settings.listen, port, weather)) from weather
            self._stack.push_async_callback(listener.close)
            self._listeners.append(listener)
            self.bound_ports[service.name] = listener.port

    async def _open_admin(self) -> None:
        port = self.settings.ports.admin
        if port is None:
            return
        from bundled_server.admin.api import AdminApi  # aiohttp takes its time to import
        from bundled_server.admin.token import publish, withdraw
        from bundled_server.host_import import importer_of

        api = AdminApi(
            journal=self.journal,
            queue=self.spool,
            users=self.directory,
            gauges=HostGauges(self.store, self.runner, lambda: self.connections),
            body_octets=self.settings.limits.admin_body_octets,
            domains=self.domains,
            take_in=importer_of(self.store),
        )
        try:
            self.bound_ports["admin"] = await api.open(port)
        except OSError as weather:
            raise HostCannotStart(_port_trouble("admin", "127.0.0.1", port, weather)) from weather
        self._stack.push_async_callback(api.close)
        self._stack.callback(withdraw, self.folder.path)
        api.expect(publish(self.folder.path, self.bound_ports["admin"]).token)

    # building blocks

    def _quotas(self) -> Quotas | None:
        settings = self.settings
        if not settings.quota_octets and not settings.quotas:
            return None
        by_user = {name.lower(): octets for name, octets in settings.quotas.items()}
        return Quotas(self.store, self.clock.now, settings.quota_octets, by_user, settings.quota_refuses)

    async def _is_full(self, address: str) -> Reply | None:
        if await self.courier.has_room(address):
            return None
        code, status = (552, "5.2.2") if self.settings.quota_refuses else (452, "4.2.2")
        return Reply(code, status, f"<{address}>... Mailbox full")

    def _tls_context(self) -> ssl.SSLContext:
        settings = self.settings
        if settings.tls_certificate is None or settings.tls_key is None:
            paths = make_self_signed(settings.hostname, self.folder.certificates)
        else:
            paths = CertificatePaths(settings.tls_certificate, settings.tls_key)
        try:
            return server_context(paths)
        except (OSError, ssl.SSLError) as fault:
            raise HostCannotStart(
                f"the certificate {paths.certificate} with key {paths.key} cannot be used: {fault}"
            ) from fault

    def _services(self) -> list[Service]:
        settings = self.settings
        throttle = LoginThrottle(self.clock, settings.limits.login_failures_per_minute)
        pause_seconds = settings.limits.etrn_pause_seconds
        turn = TurnDesk(self.spool.flush, self.domains, self.clock.now, pause_seconds)
        transfer = self._smtp(self._transfer_policy(), turn)
        deliver = HandDelivery(self.store, self.courier, self.runner.take)
        handed_over = self._smtp(self._hand_over_policy(), deliver=deliver)
        submission = self._smtp(self._submission_policy(throttle))
        imap = imap_sessions(self.store, self.directory, throttle, self.journal, settings, self.clock)
        pop3 = pop3_sessions(self.store, self.directory, throttle, self.journal, settings, self.clock)
        smtp_busy = f"421 4.3.2 {settings.hostname} too many connections, try again later\r\n".encode()
        imap_busy, pop3_busy = b"* BYE too many connections, try again later\r\n", b"-ERR too many connections\r\n"
        return [
            Service("smtp", transfer, False, smtp_busy),
            Service("submission", submission, False, smtp_busy),
            Service("submissions", submission, True, smtp_busy),
            Service("lmtp", handed_over, False, smtp_busy),
            Service("imap", imap, False, imap_busy),
            Service("imaps", imap, True, imap_busy),
            Service("pop3", pop3, False, pop3_busy),
            Service("pop3s", pop3, True, pop3_busy),
        ]

    def _smtp(self, policy: Policy, turn: Turn | None = None, deliver: Deliver | None = None) -> SessionFactory:
        settings = self.settings
        return smtp_sessions(
            SmtpServices(
                hostname=settings.hostname,
                policy=policy,
                accept=self.spool.accept,
                new_queue_id=self._ids.next,
                journal=self.journal,
                limits=settings.limits,
                journal_wire=settings.journal_wire,
                turn=turn,
                deliver=deliver,
            )
        )

    def _transfer_policy(self) -> TransferPolicy:
        return TransferPolicy(
            hostname=self.settings.hostname,
            domains=self.domains,
            recipient_exists=self.addresses.exists,
            now=self.clock.now,
            received_hops=self.settings.limits.received_hops,
            filters=(gate_of(Chain(self._filters, self.journal)),) if self._filters else (),
            members=self.addresses.expand,
            answers_questions=self.settings.answers_questions,
            is_full=self._is_full if self.settings.quota_octets or self.settings.quotas else None,
            is_forged=lambda name, value: is_forged_result(name, value, self.settings.hostname),
        )

    def _hand_over_policy(self) -> HandOverPolicy:
        return HandOverPolicy(
            hostname=self.settings.hostname,
            domains=self.domains,
            recipient_exists=self.addresses.exists,
            now=self.clock.now,
            received_hops=self.settings.limits.received_hops,
        )

    def _submission_policy(self, throttle: LoginThrottle) -> SubmissionPolicy:
        logins = SaslBackEnd(
            self.directory, throttle, self.domains, keys=self.directory, tokens=self._token_verifier
        )
        return SubmissionPolicy(
            hostname=self.settings.hostname,
            domains=self.domains,
            logins=logins,
            rate=UserRate(self.settings.limits.user_recipients_per_hour, self.clock.now),
            sign=self._signer(),
            now=self.clock.now,
            recipient_exists=self.addresses.exists,
            owns_address=self.addresses.owns,
            members=self.addresses.expand,
            insecure_auth=self.settings.insecure_auth,
            received_hops=self.settings.limits.received_hops,
        )

    def _signer(self) -> DkimSigner | None:
        settings = self.settings
        if settings.dkim_key is None:
            return None
        try:
            limit_octets = settings.limits.dkim_octets
            return dkim_signer(settings.dkim_key, settings.dkim_selector, settings.domain, limit_octets)
        except CannotSign as fault:
            raise HostCannotStart(str(fault)) from fault

    def _destination_of(self, address: str) -> str:
        if self.addresses.is_here(address):
            return LOCAL
        if self.settings.egress == "smarthost":
            return SMARTHOST_LANE
        return address.rpartition("@")[2].lower()

    # housekeeping

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            self.journal.flush()
            self.aliases.refresh()

    async def _end_task(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _port_trouble(service: str, listen: str, port: int, weather: OSError) -> str:
    reason = weather.strerror or str(weather)
    advice = f"choose another with --{service} PORT (0 picks a free one)"
    if isinstance(weather, PermissionError):
        reason, advice = "ports below 1024 need privileges", f"{advice}, or give the right to bind it"
    return f"{service} cannot listen on {listen} port {port}: {reason}; {advice}"
