"""SPF (RFC 7208): whether the sender's domain lets this client send for it; pyspf judges, our resolver answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bundled_server.dns.resolver import NoSuchDomain, ResolutionFailed, Resolver
from bundled_server.envelope import split_address
from bundled_server.filter_config import Spf
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word, property_value

if TYPE_CHECKING:
    from bundled_server.filters.spf_query import Answers

MOST_QUESTIONS = 200
_LEGAL_DOMAIN = re.compile(r"(?=.{1,253}\Z)[\x21-\x7e]+\Z")


class SpfFilter:
    """Asked at MAIL. `<>` is judged by the HELO name (§2.4)."""

    name = "spf"
    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Spf, resolver: Resolver, hostname: str) -> None:
        self.about = "asks the sender's domain whether this client may send for it (SPF)"
        self.stages: Mapping[Stage, Judge] = {Stage.MAIL: self._judge}
        self._settings = settings
        self._resolver = resolver
        self._hostname = hostname

    async def _judge(self, question: Question) -> Verdict | None:
        visit, findings = question.visit, question.findings
        domain = split_address(question.sender)[1] or visit.helo.lower()
        result, why = "none", "the domain cannot have a record"
        if _LEGAL_DOMAIN.match(domain) and "." in domain:
            result, why = await self._evaluate(visit.address, question.sender, visit.helo)
        findings.spf, findings.spf_domain = result, domain
        kind, who = ("mailfrom", question.sender) if question.sender else ("helo", visit.helo)
        about = f"smtp.{kind}={property_value(who)}"
        return self._verdict(result, domain, why, f"spf={result} {about}")

    def _verdict(self, result: str, domain: str, why: str, results: str) -> Verdict:
        settings = self._settings
        points = {"fail": settings.fail, "softfail": settings.softfail, "permerror": settings.permerror}
        score = points.get(result, 0.0)
        reason = f"{result}: {_IN_WORDS.get(result, why).format(domain=domain, why=why)}"
        if result == "fail" and settings.rejects:
            return Verdict(Word.REJECT, score, reason, status="5.7.23", results=results)
        return Verdict(Word.SCORE if score else Word.PASS, score, reason, results=results)

    async def _evaluate(self, address: str, sender: str, helo: str) -> tuple[str, str]:
        """(result, explanation). The evaluation is begun anew with every answer that it lacks, so that it never
        blocks; it looks up little enough for that (§4.6.4)."""
        from bundled_server.filters.spf_query import Missing, evaluate  # pyspf takes its time to import

        answers: Answers = {}
        for _ in range(MOST_QUESTIONS):
            try:
                return evaluate(address, sender, helo, self._hostname, answers)
            except Missing as missing:
                answers[missing.name, missing.kind] = await self._ask(missing.name, missing.kind)
        return "permerror", "too many look-ups"

    async def _ask(self, name: str, kind: str) -> list[Any] | None:
        """What DNS says, in the forms that pyspf expects; None when it does not answer."""
        try:
            match kind:
                case "TXT":
                    return [[text.encode()] for text in await self._resolver.txt(name)]
                case "MX":
                    return await self._resolver.mx(name)
                case "PTR":
                    return await self._resolver.ptr(name)
                case "A" | "AAAA":
                    found = await self._resolver.addresses(name)
                    return [one for one in found if (":" in one) == (kind == "AAAA")]
        except NoSuchDomain:
            return []
        except ResolutionFailed:
            return None
        return []


_IN_WORDS = {
    "pass": "{domain} lets this client send for it",
    "fail": "{domain} says that this client may not send for it",
    "softfail": "{domain} does not expect mail from this client",
    "neutral": "{domain} says nothing of this client",
    "none": "{domain} has no SPF record",
    "permerror": "the SPF record of {domain} is wrong ({why})",
    "temperror": "the SPF record of {domain} cannot be had now ({why})",
}
