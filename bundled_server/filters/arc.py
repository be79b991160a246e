"""ARC (RFC 8617): a forwarder one trusts tells what it found before it changed the message."""

import asyncio
import re
from collections.abc import Collection

from bundled_server.dns.resolver import Resolver
from bundled_server.filters.dkim import Keys, fetch_keys
from bundled_server.filters.question import Question

MOST_SEALS = 10
MOST_OCTETS = 10_485_760
_TAG = re.compile(r"(?:\A|;)\s*([a-z]+)\s*=\s*([^;]*)")
_PASSED = re.compile(r";\s*dmarc\s*=\s*pass\b", re.IGNORECASE)


async def trusted_seal(question: Question, trusted: Collection[str], resolver: Resolver) -> str:
    """The domain that sealed the message last, when it is one of `trusted`, the whole chain of seals holds, and
    its own results say that DMARC passed when the message came to it; else ""."""
    seals = _fields(question, "arc-seal")
    if not seals or len(seals) > MOST_SEALS or len(question.content) > MOST_OCTETS:
        return ""
    newest = max(seals, key=_instance)
    domain = newest.get("d", "").lower()
    results = [
        value
        for value in (
            field.value for field in question.header.fields if field.name == "arc-authentication-results"
        )
        if value.replace(" ", "").startswith(f"i={_instance(newest)};") and _PASSED.search(value)
    ]
    if domain not in trusted or not results:
        return ""
    signed = [*seals, *_fields(question, "arc-message-signature")]
    names = [f"{tags.get('s', '')}._domainkey.{tags.get('d', '')}" for tags in signed]
    keys = await fetch_keys(names, resolver)
    return domain if await asyncio.to_thread(_holds, question.content, keys) else ""


def _holds(message: bytes, keys: Keys) -> bool:
    import dkim

    def answer(name: bytes, timeout: int = 5) -> bytes | None:
        return keys.get(name.decode("ascii", "replace").rstrip("."))

    try:
        result, _, _ = dkim.ARC(message).verify(dnsfunc=answer)
    except (dkim.DKIMException, ValueError, KeyError, IndexError, TypeError, ArithmeticError):
        return False
    return bool(result == b"pass")


def _fields(question: Question, name: str) -> list[dict[str, str]]:
    values = [field.value for field in question.header.fields if field.name == name]
    return [{tag: "".join(value.split()) for tag, value in _TAG.findall(text)} for text in values]


def _instance(tags: dict[str, str]) -> int:
    number = tags.get("i", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
