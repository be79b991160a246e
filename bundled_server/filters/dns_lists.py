"""DNS lists (RFC 5782): black lists that speak against a client, white lists that speak for it."""

import asyncio
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bundled_server.dns.resolver import NoSuchDomain, ResolutionFailed, Resolver
from bundled_server.filter_config import DnsLists, Zone
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.networks import Network, address_of, is_within, networks
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

REASON_LENGTH = 200
_ZONE = re.compile(r"(?=.{1,190}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z")


class BadZone(ValueError):
    """A list has a name that DNS cannot have; the text says what one looks like."""


@dataclass(frozen=True, slots=True)
class _Zone:
    settings: Zone
    codes: tuple[Network, ...]

    def counts(self, answer: str) -> bool:
        """Whether a return code is a listing in the sense of the settings. Codes outside of `codes` are none:
        lists say so that a resolver is blocked, and a parked domain answers with its web server."""
        address = address_of(answer)
        return (
            address is not None
            and is_within(answer, self.codes)
            and address.packed[-1] & self.settings.mask == self.settings.mask
        )


@dataclass(frozen=True, slots=True)
class _Listing:
    zone: str
    weight: float
    codes: tuple[str, ...]
    why: str


class DnsListFilter:
    """Asks all zones at once, at the connection. A zone that does not answer is no listing, and rests for a while,
    so that it costs its time-out once."""

    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds = None

    def __init__(self, name: str, settings: DnsLists, resolver: Resolver, monotonic: Callable[[], float]) -> None:
        """Raises BadNetwork and BadZone."""
        for zone in settings.zones:
            if not _ZONE.match(zone.zone):
                raise BadZone(f"{name}: {zone.zone!r} is no zone: write something like zen.spamhaus.org")
        self.name = name
        self.about = (
            f"asks {', '.join(zone.zone for zone in settings.zones) or 'no zone'} for the client's address"
        )
        self.stages: Mapping[Stage, Judge] = {Stage.CONNECT: self._judge}
        self._settings = settings
        self._zones = tuple(_Zone(zone, networks(zone.codes)) for zone in settings.zones)
        self._exempt = networks(settings.exempt)
        self._resolver = resolver
        self._monotonic = monotonic
        self._resting: dict[str, float] = {}

    async def _judge(self, question: Question) -> Verdict | None:
        address = address_of(question.visit.address)
        if address is None or is_within(question.visit.address, self._exempt):
            return None
        awake = [zone for zone in self._zones if self._resting.get(zone.settings.zone, 0.0) <= self._monotonic()]
        found = await asyncio.gather(*(self._ask(zone, reversed_name(address)) for zone in awake))
        listings = [one for one in found if isinstance(one, _Listing)]
        silent = [zone.settings.zone for zone in self._zones if zone not in awake]
        silent += [one for one in found if isinstance(one, str)]
        return self._verdict(listings, silent)

    def _verdict(self, listings: Sequence[_Listing], silent: Sequence[str]) -> Verdict | None:
        score = sum(one.weight for one in listings)
        told = [f"listed in {one.zone} ({', '.join(one.codes)})" for one in listings]
        told += [f"no answer from {zone}, which does not count" for zone in silent]
        why = tuple(f"{one.zone}: {one.why}" for one in listings if one.why)
        if not told:
            return None
        if self._settings.rejects and score >= self._settings.rejects:
            return Verdict(Word.REJECT, score, "; ".join(told), why)
        vouches = self._settings.vouches and bool(listings)
        return Verdict(Word.SCORE if listings else Word.PASS, score, "; ".join(told), why, vouches=vouches)

    async def _ask(self, zone: _Zone, name: str) -> _Listing | str | None:
        """A listing, None for not listed, the zone's name for no answer."""
        settings = zone.settings
        query = f"{name}.{settings.zone}"
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                answers = await self._resolver.addresses(query)
        except NoSuchDomain:
            return None
        except (TimeoutError, ResolutionFailed):
            self._resting[settings.zone] = self._monotonic() + self._settings.rest_seconds
            return settings.zone
        codes = tuple(answer for answer in answers if zone.counts(answer))
        return _Listing(settings.zone, settings.weight, codes, await self._why(query)) if codes else None

    async def _why(self, query: str) -> str:
        """The list's own words; to have none is no trouble, and a listing does not wait long for them."""
        try:
            async with asyncio.timeout(self._settings.timeout_seconds / 2):
                texts = await self._resolver.txt(query)
        except (NoSuchDomain, ResolutionFailed, TimeoutError):
            return ""
        return texts[0][:REASON_LENGTH] if texts else ""


def reversed_name(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The address as the lists spell it: octets or nibbles, last one first (RFC 5782 §2.1, §2.4)."""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
