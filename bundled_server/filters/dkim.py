"""DKIM (RFC 6376): which domains signed a message, and whether the signatures hold; dkimpy verifies."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bundled_server.dns.resolver import NoSuchDomain, ResolutionFailed, Resolver
from bundled_server.filter_config import Dkim
from bundled_server.filters.filter import Judge, Wave
from bundled_server.filters.question import Question
from bundled_server.filters.verdict import Stage, Verdict, Word

KEY_LENGTH = 2000
"""Characters of a key record: an RSA key of 8192 bits has some 1,400; more would only cost time."""

_TAG = re.compile(r"(?:\A|;)\s*([a-z]+)\s*=\s*([^;]*)")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\Z")

Keys = dict[str, bytes | None]
"""DNS name → key record; b"" for none, None for no answer."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a DKIM-Signature field says of itself: d= and s=, and whether only part of the body is signed (l=)."""

    domain: str
    selector: str
    is_partial: bool

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result (RFC 8601 §2.7.1) for one signature."""

    signature: Signature
    result: str
    why: str = ""


class DkimFilter:
    """Looks up the keys of the first signatures, then verifies in a thread, because it takes as long as the
    message is big."""

    name = "dkim"
    wave = Wave.LOOKUPS
    must_answer = False
    patience_seconds = None

    def __init__(self, settings: Dkim, resolver: Resolver) -> None:
        self.about = "verifies the signatures of domains on a message (DKIM)"
        self.stages: Mapping[Stage, Judge] = {Stage.DATA: self._judge}
        self._settings = settings
        self._resolver = resolver

    async def _judge(self, question: Question) -> Verdict | None:
        signatures = signatures_of(question, self._settings.signatures)
        findings = question.findings
        findings.dkim = "none"
        if not signatures:
            return Verdict(reason="nobody signed it", results="dkim=none")
        if len(question.content) > self._settings.octets:
            findings.dkim = "neutral"
            return Verdict(reason="too big to verify its signature", results="dkim=neutral")
        keys = await fetch_keys([one.key_name for one in signatures], self._resolver)
        checked = await asyncio.to_thread(verify, question.content, signatures, keys)
        holding = [one for one in checked if one.result == "pass"]
        findings.dkim_domains = tuple(one.signature.domain for one in holding if not one.signature.is_partial)
        findings.dkim = "pass" if holding else checked[0].result
        return self._verdict(checked, bool(holding))

    def _verdict(self, checked: Sequence[Checked], is_good: bool) -> Verdict:
        results = "; ".join(
            f"dkim={one.result} header.d={one.signature.domain} header.s={one.signature.selector}"
            for one in checked
        )
        reason = ", ".join(
            f"{one.signature.domain} {one.result}{' ' + one.why if one.why else ''}" for one in checked
        )
        score = 0.0 if is_good or all(one.result == "temperror" for one in checked) else self._settings.fail
        return Verdict(Word.SCORE if score else Word.PASS, score, f"signed by {reason}", results=results)


def signatures_of(question: Question, most: int) -> list[Signature]:
    """The first signatures, as they describe themselves."""
    fields = [field for field in question.header.fields if field.name == "dkim-signature"][:most]
    found = []
    for field in fields:
        tags = {name: "".join(value.split()) for name, value in _TAG.findall(field.value.replace("\t", " "))}
        domain, selector = tags.get("d", "").lower(), tags.get("s", "")
        is_legal = bool(_DOMAIN.match(domain) and _DOMAIN.match(selector))
        found.append(Signature(domain if is_legal else "", selector if is_legal else "", "l" in tags))
    return found


async def fetch_keys(names: Sequence[str], resolver: Resolver) -> Keys:
    """The key records of these names, looked up at the same time."""

    async def fetch(name: str) -> bytes | None:
        try:
            texts = await resolver.txt(name)
        except NoSuchDomain:
            return b""
        except ResolutionFailed:
            return None
        return next((text.encode() for text in texts if len(text) <= KEY_LENGTH), b"")

    wanted = [name for name in dict.fromkeys(names) if not name.startswith(".")]
    return dict(zip(wanted, await asyncio.gather(*map(fetch, wanted)), strict=True))


def verify(message: bytes, signatures: Sequence[Signature], keys: Keys) -> list[Checked]:
    """Each signature's result; never raises for what a message holds."""
    found = []
    for number, signature in enumerate(signatures):
        key = keys.get(signature.key_name, b"")
        if not signature.domain:
            found.append(Checked(signature, "permerror", "(it names no domain)"))
        elif key is None:
            found.append(Checked(signature, "temperror", "(its key cannot be had now)"))
        elif not key:
            found.append(Checked(signature, "permerror", "(it has no key in DNS)"))
        else:
            found.append(_verify_one(message, number, signature, key))
    return found


def _verify_one(message: bytes, number: int, signature: Signature, key: bytes) -> Checked:
    import dkim

    def answer(name: bytes, timeout: int = 5) -> bytes:
        return key

    try:
        holds = dkim.DKIM(message, minkey=1024).verify(number, dnsfunc=answer)
    except dkim.ValidationError as fault:
        why = "(the body was changed)" if "body hash" in str(fault) else f"({_short(fault)})"
        return Checked(signature, "fail", why)
    except (dkim.DKIMException, ValueError, KeyError, IndexError, TypeError, ArithmeticError) as fault:
        return Checked(signature, "permerror", f"({_short(fault)})")
    return Checked(signature, "pass") if holds else Checked(signature, "fail", "(the signed header was changed)")


def _short(fault: Exception) -> str:
    return str(fault).partition("(")[0].strip()[:80] or type(fault).__name__
