"""The names of a client: does its address have one, does the name lead back, is its HELO a name at all."""

import re
from collections.abc import Callable, Mapping

from bundled_server.dns.resolver import NoSuchDomain, NotOurWorld, ResolutionFailed, Resolver
from bundled_server.filter_config import Names
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.networks import address_of, is_within, networks
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

MOST_NAMES = 5
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)(?:[A-Za-z0-9_-]{1,63}\.)+(?!\d+\.?\Z)[A-Za-z0-9-]{1,63}\.?\Z")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]\Z", re.IGNORECASE)


class NamesFilter:
    """Reverse DNS that is confirmed forwards (iprev, RFC 8601 §2.7.3), and HELO. What cannot be looked up now
    does not count. `is_ours` tells whether a host name is one of this host's."""

    name = "names"
    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Names, resolver: Resolver, is_ours: Callable[[str], bool]) -> None:
        self.about = "checks the client's reverse DNS and the name it gives in HELO"
        self.stages: Mapping[Stage, Judge] = {Stage.CONNECT: self._reverse, Stage.HELO: self._helo}
        self._settings = settings
        self._resolver = resolver
        self._is_ours = is_ours
        self._exempt = networks(settings.exempt)

    async def _reverse(self, question: Question) -> Verdict | None:
        address = question.visit.address
        if is_within(address, self._exempt):
            return None
        try:
            names = (await self._resolver.ptr(address))[:MOST_NAMES]
        except NoSuchDomain:
            names = []
        except ResolutionFailed as weather:
            return Verdict(reason=f"no answer: {weather}", results=_iprev("temperror", address))
        if not names:
            reason = f"{address} has no name"
            return Verdict(Word.SCORE, self._settings.no_reverse, reason, results=_iprev("fail", address))
        for name in names:
            if await self._leads_back(name, address):
                return Verdict(reason=f"{address} is {name}", results=_iprev("pass", address))
        reason = f"{names[0]} is not {address}, though {address} says it is {names[0]}"
        return Verdict(Word.SCORE, self._settings.unconfirmed, reason, results=_iprev("fail", address))

    async def _leads_back(self, name: str, address: str) -> bool:
        try:
            found = await self._resolver.addresses(name)
        except (NoSuchDomain, ResolutionFailed):
            return False
        return address_of(address) in [address_of(one) for one in found]

    async def _helo(self, question: Question) -> Verdict | None:
        helo, address = question.visit.helo, question.visit.address
        settings = self._settings
        if is_within(address, self._exempt):
            return None
        literal = _LITERAL.match(helo)
        if literal is not None:
            if address_of(literal[1]) == address_of(address):
                return None
            return Verdict(Word.SCORE, settings.bad_helo, f"it calls itself {helo}, and is {address}")
        if not _HOST_NAME.match(helo):
            return Verdict(Word.SCORE, settings.bad_helo, f"it calls itself {helo}, which is no host name")
        if self._is_ours(helo.lower().rstrip(".")):
            return Verdict(Word.SCORE, settings.pretends, f"it calls itself {helo}, and that is us")
        try:
            if await self._resolver.addresses(helo):
                return None
        except NotOurWorld:
            return None
        except NoSuchDomain:
            pass
        except ResolutionFailed as weather:
            return Verdict(reason=f"no answer: {weather}")
        return Verdict(Word.SCORE, settings.unknown_helo, f"it calls itself {helo}, which nobody knows")


def _iprev(result: str, address: str) -> str:
    return f"iprev={result} policy.iprev={address}"
