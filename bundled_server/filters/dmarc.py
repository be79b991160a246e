"""DMARC (RFC 7489): whether SPF or DKIM speak for the domain in From, and what it wants when they do not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import getaddresses

from bundled_server.dns.resolver import NoSuchDomain, ResolutionFailed, Resolver
from bundled_server.envelope import split_address
from bundled_server.filter_config import Dmarc
from bundled_server.filters.arc import trusted_seal
from bundled_server.filters.dmarc_policy import Policy, is_aligned, policy_of
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.public_suffix import organizations
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

LONGEST_FROM = 2000
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")


@dataclass(frozen=True, slots=True)
class _Found:
    """A policy, and the word in it that goes for the author's domain."""

    policy: Policy
    wants: str


class DmarcFilter:
    """Judges at DATA by what SPF and DKIM found. `chance` is a number from 0 to 1 for pct=."""

    name = "dmarc"
    wave = Wave.CONCLUSIONS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Dmarc, resolver: Resolver, chance: Callable[[], float]) -> None:
        self.about = "holds SPF and DKIM against the domain in From, and does what that domain asks for (DMARC)"
        self.stages: Mapping[Stage, Judge] = {Stage.DATA: self._judge}
        self._settings = settings
        self._resolver = resolver
        self._chance = chance
        self._organization = organizations(settings.public_suffixes)

    async def _judge(self, question: Question) -> Verdict | None:
        domain = author_domain(question)
        if not domain:
            return Verdict(reason="From does not name exactly one domain", results="dmarc=permerror")
        try:
            found = await self._policy(domain)
        except ResolutionFailed as weather:
            return Verdict(reason=f"no answer: {weather}", results=f"dmarc=temperror header.from={domain}")
        if found is None:
            return Verdict(reason=f"{domain} has no DMARC policy", results=f"dmarc=none header.from={domain}")
        speaker = self._speaker(question, domain, found.policy)
        if speaker:
            return Verdict(reason=f"{speaker} for {domain}", results=f"dmarc=pass header.from={domain}")
        return await self._failed(question, domain, found)

    async def _policy(self, domain: str) -> _Found | None:
        """The author domain's own, or its organization's for what is below it."""
        policy = policy_of(await self._texts(f"_dmarc.{domain}"))
        if policy is not None:
            return _Found(policy, policy.here)
        organization = self._organization(domain)
        if organization == domain:
            return None
        policy = policy_of(await self._texts(f"_dmarc.{organization}"))
        return None if policy is None else _Found(policy, policy.below)

    async def _texts(self, name: str) -> list[str]:
        try:
            return await self._resolver.txt(name)
        except NoSuchDomain:
            return []

    def _speaker(self, question: Question, domain: str, policy: Policy) -> str:
        """Who speaks for the author's domain, "" for nobody."""
        findings = question.findings
        for signer in findings.dkim_domains:
            if is_aligned(signer, domain, self._organization, is_strict=policy.is_dkim_strict):
                return f"the signature of {signer} speaks"
        is_spf = findings.spf == "pass" and is_aligned(
            findings.spf_domain, domain, self._organization, is_strict=policy.is_spf_strict
        )
        return f"SPF of {findings.spf_domain} speaks" if is_spf else ""

    async def _failed(self, question: Question, domain: str, found: _Found) -> Verdict:
        settings = self._settings
        results = f"dmarc=fail (p={found.wants}) header.from={domain}"
        reason = f"neither SPF nor DKIM speak for {domain}, which asks for {found.wants}"
        if settings.arc_trust:
            sealer = await trusted_seal(question, settings.arc_trust, self._resolver)
            if sealer:
                return Verdict(reason=f"{reason}; but {sealer} vouches that they did (ARC)", results=results)
        wants = found.wants
        if found.policy.percent < 100 and self._chance() * 100 >= found.policy.percent:
            wants = "quarantine" if wants == "reject" else "none"  # §6.6.4
            reason += f" of {found.policy.percent} %: not for this one"
        score = {"reject": settings.reject, "quarantine": settings.quarantine, "none": settings.none}[wants]
        word = Word.SCORE if score else Word.PASS
        if settings.obeys:
            word = {"reject": Word.REJECT, "quarantine": Word.QUARANTINE}.get(wants, word)
        text = f"Refused: {domain} asks to refuse mail that it does not vouch for"
        return Verdict(word, score, reason, status="5.7.26", text=text, results=results)


def author_domain(question: Question) -> str:
    """The one domain in the one From field, lower case; "" when it is not so simple (§6.6.1)."""
    header = question.header
    if header.count("from") != 1:
        return ""
    addresses = [address for _, address in getaddresses([header.first("from")[:LONGEST_FROM]]) if address]
    domains = {split_address(address)[1].rstrip(".") for address in addresses}
    if len(domains) != 1:
        return ""
    try:
        domain = domains.pop().encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    return domain if _DOMAIN.match(domain) else ""
