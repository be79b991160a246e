"""Routing: which hosts take mail for a domain, in which order (RFC 5321 §5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from bundled_server.courier import Verdict
from bundled_server.dns.resolver import NoSuchDomain, NotOurWorld, ResolutionFailed, Resolver
from bundled_server.journal import Agent, Journal, Step

SMTP_PORT = 25
IMPLICIT_TLS_PORT = 465
IMPLICIT_TLS_SCHEME = "smtps://"
HOSTS_TRIED = 10
OUTSIDE = "this practice world does not send mail outside itself"


class Security(Enum):
    """What a hop asks of TLS."""

    OPPORTUNISTIC = "where it is offered, whoever answers (RFC 7435)"
    VERIFIED = "STARTTLS always, and the certificate must be the host's"
    IMPLICIT = "TLS from the first octet, verified (RFC 8314)"


@dataclass(frozen=True, slots=True)
class Hop:
    """One place to try: `address` is what to connect to, `hostname` whom we expect there."""

    hostname: str
    address: str
    port: int
    security: Security = Security.OPPORTUNISTIC


@dataclass(frozen=True, slots=True)
class Unroutable:
    """Why nothing can be tried, as an Outcome will say it; `verdict` is REFUSED or DEFERRED."""

    verdict: Verdict
    status: str
    text: str


Route = tuple[Hop, ...] | Unroutable

PortOf = Callable[[str], int | None]
"""The SMTP port of a host by its name; None for a host that is not in this practice world."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose way is looked up, for the journal."""

    queue_id: str = ""
    message_id: str = ""


class Router:
    """Finds the hops for a domain.

    `egress` as in HostSettings. With "none", a hop must be a host that `port_of` knows at a loopback address; with
    "internet", loopback addresses are refused; with "smarthost", `smarthost` ("host:port" or "smtps://host:port")
    takes everything, by verified TLS when `smarthost_verified`. `transports` says where mail for some goes,
    before all that: "host:port" by domain, by ".domain" for what is below it, or by "*".
    """

    def __init__(
        self,
        *,
        resolver: Resolver,
        hostname: str,
        egress: str = "none",
        smarthost: str = "",
        smarthost_verified: bool = False,
        transports: Mapping[str, str] | None = None,
        port_of: PortOf = lambda hostname: SMTP_PORT,
        journal: Journal | None = None,
    ) -> None:
        self._resolver = resolver
        self._hostname = hostname.lower()
        self._egress = egress
        self._smarthost = smarthost
        self._smarthost_verified = smarthost_verified
        self._transports = {name.lower(): place for name, place in (transports or {}).items()}
        self._port_of = port_of
        self._journal = journal

    async def route(self, domain: str, subject: Subject = Subject()) -> Route:
        """The hops for mail to `domain`, best first."""
        try:
            transport = self._transport_for(domain)
            if transport:
                return await self._to_place(domain, transport)
            if self._egress == "smarthost":
                return await self._to_smarthost()
            if domain.startswith("["):
                return self._to_literal(domain)
            hosts = await self._hosts(domain, subject)
            if isinstance(hosts, Unroutable):
                return hosts
            return await self._hops(domain, hosts, subject)
        except NotOurWorld:
            return self._outside(domain)
        except NoSuchDomain:
            return Unroutable(Verdict.REFUSED, "5.1.2", f"{domain}: host or domain name not found")
        except ResolutionFailed as weather:
            return Unroutable(Verdict.DEFERRED, "4.4.3", f"name service: {weather}")

    async def _hosts(self, domain: str, subject: Subject) -> list[str] | Unroutable:
        """Host names by preference; the domain itself when it has no MX (RFC 5321 §5.1)."""
        self._note(Step.DNS_QUESTION, f"{domain} MX?", subject)
        try:
            exchangers = await self._resolver.mx(domain)
        except NoSuchDomain:
            self._note(Step.DNS_ANSWER, f"{domain}: no such domain", subject)
            raise
        shown = ", ".join(f"{preference} {host}" for preference, host in exchangers)
        self._note(Step.DNS_ANSWER, f"{domain} MX {shown}" if exchangers else f"{domain}: no MX", subject)
        if [host for _, host in exchangers] == ["."]:
            return Unroutable(Verdict.REFUSED, "5.1.10", f"556 5.1.10 {domain} does not accept mail (null MX)")
        if not exchangers:
            return [domain]
        ours = [preference for preference, host in exchangers if host == self._hostname]
        nearer = [host for preference, host in exchangers if not ours or preference < min(ours)]
        if not nearer:
            return Unroutable(Verdict.REFUSED, "5.4.6", f"mail for {domain} loops back to {self._hostname}")
        return nearer[:HOSTS_TRIED]

    async def _hops(self, domain: str, hosts: list[str], subject: Subject) -> Route:
        hops: list[Hop] = []
        failure: ResolutionFailed | None = None
        refused: Unroutable | None = None
        for host in hosts:
            self._note(Step.DNS_QUESTION, f"{host} A?", subject)
            try:
                addresses = await self._resolver.addresses(host)
            except NotOurWorld:
                refused = self._outside(host)
                continue
            except NoSuchDomain:
                continue
            except ResolutionFailed as weather:
                failure = weather
                continue
            self._note(Step.DNS_ANSWER, f"{host} A {', '.join(addresses) or '(none)'}", subject)
            for address in addresses:
                hop = self._allowed(domain, host, address)
                if isinstance(hop, Unroutable):
                    refused = hop
                else:
                    hops.append(hop)
        if hops:
            return tuple(hops)
        if failure is not None:
            raise failure
        return refused or Unroutable(Verdict.REFUSED, "5.4.4", f"{domain}: no mail host has an address")

    def _allowed(self, domain: str, host: str, address: str) -> Hop | Unroutable:
        port = self._port_of(host)
        is_loopback = ip_address(address).is_loopback
        if self._egress == "none":
            if port is None or not is_loopback:
                return self._outside(domain)
            return Hop(host, address, port)
        if is_loopback or ip_address(address).is_unspecified:
            return Unroutable(Verdict.REFUSED, "5.4.6", f"{host} points back to this machine [{address}]")
        return Hop(host, address, port or SMTP_PORT)

    def _to_literal(self, domain: str) -> Route:
        """An address literal names its host itself (RFC 5321 §4.1.3)."""
        address = domain.strip("[]").lower().removeprefix("ipv6:")
        try:
            ip_address(address)
        except ValueError:
            return Unroutable(Verdict.REFUSED, "5.1.3", f"{domain} is no address")
        hop = self._allowed(domain, domain, address)
        return hop if isinstance(hop, Unroutable) else (hop,)

    def _transport_for(self, domain: str) -> str:
        """The longest match of the transport map, "" without one."""
        places = self._transports
        if not places or domain in places:
            return places.get(domain, "")
        labels = domain.split(".")
        names = [f".{'.'.join(labels[number:])}" for number in range(1, len(labels))]
        return next((places[name] for name in (*names, "*") if name in places), "")

    async def _to_place(self, domain: str, place: str) -> Route:
        """A host that the administrator named."""
        host, _, port = place.rpartition(":")
        hops = []
        for address in await self._addresses_of(host.strip("[]")):
            if self._egress == "none" and not ip_address(address).is_loopback:
                return self._outside(domain)
            hops.append(Hop(host.strip("[]"), address, int(port)))
        return tuple(hops) or Unroutable(Verdict.DEFERRED, "4.4.4", f"{host} for {domain} has no address")

    async def _to_smarthost(self) -> Route:
        place = self._smarthost.removeprefix(IMPLICIT_TLS_SCHEME)
        host, _, port = place.rpartition(":")
        if not host or not port.isdigit():
            return Unroutable(Verdict.DEFERRED, "4.3.5", 'no smarthost is configured as "host:port"')
        host = host.strip("[]")
        security = Security.VERIFIED if self._smarthost_verified else Security.OPPORTUNISTIC
        if place != self._smarthost or int(port) == IMPLICIT_TLS_PORT:
            security = Security.IMPLICIT
        addresses = await self._addresses_of(host)
        return tuple(Hop(host, address, int(port), security) for address in addresses) or Unroutable(
            Verdict.DEFERRED, "4.4.4", f"the smarthost {host} has no address"
        )

    async def _addresses_of(self, host: str) -> list[str]:
        try:
            ip_address(host)
        except ValueError:
            return list(await self._resolver.addresses(host))
        return [host]

    def _outside(self, domain: str) -> Unroutable:
        if self._egress == "none":
            return Unroutable(Verdict.REFUSED, "5.7.1", f"{domain} is not in this practice world: {OUTSIDE}")
        return Unroutable(Verdict.DEFERRED, "4.4.3", f"{domain}: the name server refuses to answer")

    def _note(self, step: Step, text: str, subject: Subject) -> None:
        if self._journal is not None:
            kind = "asked" if step is Step.DNS_QUESTION else "answered"
            self._journal.record(
                Agent.DNS, kind, text, step=step, queue_id=subject.queue_id, message_id=subject.message_id
            )
