"""The resolver: DNS questions with an answer, an honest no, or a deadline."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename

NEGATIVE_TTL_SECONDS = 30.0
LONGEST_TTL_SECONDS = 3600.0
CACHED_ANSWERS = 10_000


class NoSuchDomain(Exception):
    """The name does not exist (NXDOMAIN)."""


class NotOurWorld(NoSuchDomain):
    """The name server does not answer for this name (REFUSED): in a practice world, it lies outside."""


class ResolutionFailed(Exception):
    """Weather: no answer in time, or a server that failed. Try again later."""


class Resolver(Protocol):
    """Answers about names; empty when the name exists without such records. Raises NoSuchDomain or
    ResolutionFailed. Host names come back in lower case, without the trailing dot ("." for the root)."""

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        """(preference, host), best first."""
        ...

    async def addresses(self, host: str) -> list[str]:
        """IPv4 and IPv6 addresses as text."""
        ...

    async def txt(self, name: str) -> list[str]: ...

    async def ptr(self, address: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class _Answer:
    values: tuple[str, ...]
    failure: type[NoSuchDomain] | None
    good_until: float


class DnsResolver:
    """Asks the given name servers (address, port) over UDP, and TCP when the answer was cut; implements Resolver.

    Answers are cached for their TTL by the monotonic clock `now` (the event loop's when not given).
    """

    def __init__(
        self,
        nameservers: Sequence[tuple[str, int]],
        *,
        timeout_seconds: float = 5.0,
        attempts: int = 2,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._nameservers = tuple(nameservers)
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._cache: OrderedDict[tuple[str, str], _Answer] = OrderedDict()

    async def mx(self, domain: str) -> list[tuple[int, str]]:
        pairs = []
        for value in await self._ask(domain, "MX"):
            preference, _, host = value.partition(" ")
            pairs.append((int(preference), _host(host)))
        return sorted(pairs)

    async def addresses(self, host: str) -> list[str]:
        return [*await self._ask(host, "A"), *await self._ask(host, "AAAA")]

    async def txt(self, name: str) -> list[str]:
        return list(await self._ask(name, "TXT"))

    async def ptr(self, address: str) -> list[str]:
        try:
            name = dns.reversename.from_address(address).to_text()
        except (dns.exception.SyntaxError, ValueError) as fault:
            raise NoSuchDomain(address) from fault
        return [_host(value) for value in await self._ask(name, "PTR")]

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()

    async def _ask(self, name: str, kind: str) -> tuple[str, ...]:
        key = (name.lower().rstrip("."), kind)
        answer = self._cache.get(key)
        if answer is None or answer.good_until <= self._now():
            answer = await self._ask_servers(name, kind)
            self._cache[key] = answer
            self._cache.move_to_end(key)
            if len(self._cache) > CACHED_ANSWERS:
                self._cache.popitem(last=False)
        if answer.failure is not None:
            raise answer.failure(name)
        return answer.values

    async def _ask_servers(self, name: str, kind: str) -> _Answer:
        try:
            query = dns.message.make_query(dns.name.from_text(name), kind, use_edns=True, payload=1232)
        except (dns.exception.DNSException, UnicodeError) as fault:
            raise NoSuchDomain(f"{name}: not a domain name") from fault
        reason = "no name server is configured"
        for _ in range(self._attempts):
            for address, port in self._nameservers:
                try:
                    response, _ = await dns.asyncquery.udp_with_fallback(
                        query, address, timeout=self._timeout_seconds / self._attempts, port=port
                    )
                except (dns.exception.DNSException, OSError, EOFError) as weather:
                    reason = str(weather) or type(weather).__name__
                    continue
                rcode = response.rcode()
                if rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.REFUSED):
                    return self._read(response, rcode, kind)
                reason = f"the name server answered {dns.rcode.to_text(rcode)}"
        raise ResolutionFailed(f"{name} {kind}: {reason}")

    def _read(self, response: dns.message.Message, rcode: dns.rcode.Rcode, kind: str) -> _Answer:
        now = self._now()
        if rcode == dns.rcode.REFUSED:
            return _Answer((), NotOurWorld, now)
        if rcode == dns.rcode.NXDOMAIN:
            return _Answer((), NoSuchDomain, now + NEGATIVE_TTL_SECONDS)
        assert isinstance(response, dns.message.QueryMessage)
        try:
            chain = response.resolve_chaining()
        except dns.exception.DNSException as fault:
            raise ResolutionFailed(f"a broken answer: {fault}") from fault
        if chain.answer is None:
            return _Answer((), None, now + NEGATIVE_TTL_SECONDS)
        values = tuple(_text(record, kind) for record in chain.answer)
        return _Answer(values, None, now + min(chain.minimum_ttl, LONGEST_TTL_SECONDS))


def system_nameservers() -> list[tuple[str, int]]:
    """The name servers this machine is configured with; empty when it has none."""
    try:
        configuration = dns.resolver.Resolver(configure=True)
    except dns.exception.DNSException:
        return []
    return [(str(server), configuration.port) for server in configuration.nameservers]


def _text(record: object, kind: str) -> str:
    """One record's data as text; the strings of a TXT record are joined (RFC 7208 §3.3)."""
    if kind == "TXT":
        return b"".join(getattr(record, "strings", ())).decode("utf-8", "backslashreplace")
    return str(record)


def _host(name: str) -> str:
    return name.lower().rstrip(".") or "."
