"""What a message says of its own way and origin: Received hops, authentication results, who is answered."""

import re
from typing import Final

import msgspec

from termail.mime import limits
from termail.mime.addresses import parse_addresses
from termail.mime.dates import parse_date
from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words

_COMMENT: Final = re.compile(r"\([^()]*\)")
_FROM: Final = re.compile(r"(?i)\bfrom\s+([^\s();]{1,255})")
_BY: Final = re.compile(r"(?i)\bby\s+([^\s();]{1,255})")
_WITH: Final = re.compile(r"(?i)\bwith\s+([^\s();]{1,64})")
_ID: Final = re.compile(r"(?i)\bid\s+([^\s();]{1,255})")
_FOR: Final = re.compile(r"(?i)\bfor\s+<?([^\s<>();]{1,320})")
_RESULT: Final = re.compile(r"(?i)^\s*([a-z0-9-]{1,32})\s*=\s*([a-z]{1,16})\b")
_PROPERTY: Final = re.compile(r"(?i)\b(?:header\.(?:d|i|from)|smtp\.(?:mailfrom|helo))\s*=\s*([^\s;()]{1,255})")


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One Received field (RFC 5321 §4.4), sanitised; `date` in epoch seconds, 0.0 when unreadable."""

    from_: str
    by: str
    protocol: str
    queue_id: str
    for_: str
    date: float


class Verdict(msgspec.Struct, frozen=True):
    """One result of Authentication-Results (RFC 8601): method, result, what it was about. Believe it only
    when `server` is a server of one's own."""

    server: str
    method: str
    result: str
    subject: str


def hops(raw: bytes) -> list[Hop]:
    """The way of the message, oldest hop first. Never raises."""
    found = [_hop(value) for name, value in _fields(raw) if name.lower() == "received"]
    return found[: limits.RECEIVED_HOPS][::-1]


def verdicts(raw: bytes) -> list[Verdict]:
    """All Authentication-Results, newest field first, in their order."""
    found: list[Verdict] = []
    for name, value in _fields(raw):
        if name.lower() == "authentication-results" and len(found) < limits.RECEIVED_HOPS:
            server, *results = clean_line(decode_words(value[:8192])).split(";")
            found += [verdict for entry in results if (verdict := _verdict(server.strip(), entry)) is not None]
    return found


def reply_goes_elsewhere(raw: bytes) -> str:
    """The address a reply would go to when its domain is not the sender's and no list set it; else ""."""
    fields = _fields(raw)
    if first_value(fields, "list-id") or first_value(fields, "list-post"):
        return ""
    senders = {_domain(address) for _, address in parse_addresses(first_value(fields, "from"))}
    for _, address in parse_addresses(first_value(fields, "reply-to")):
        domain = _domain(address)
        if domain and not any(_is_related(domain, sender) for sender in senders):
            return clean_line(address)
    return ""


def _fields(raw: bytes) -> list[tuple[str, bytes]]:
    return scan_headers(raw[: header_end(raw)[0]])


def _hop(value: bytes) -> Hop:
    text, _, when = decode_words(value[:8192]).rpartition(";")
    text, when = (text, when) if text else (when, "")
    while (bare := _COMMENT.sub(" ", text)) != text:  # "(using TLSv1.3 with cipher …)" is no protocol
        text = bare

    def clause(pattern: re.Pattern[str]) -> str:
        found = pattern.search(text)
        return clean_line(found[1]) if found else ""

    return Hop(
        from_=clause(_FROM),
        by=clause(_BY),
        protocol=clause(_WITH),
        queue_id=clause(_ID),
        for_=clause(_FOR),
        date=parse_date(when.strip().encode("ascii", "replace")),
    )


def _verdict(server: str, entry: str) -> Verdict | None:
    found = _RESULT.match(entry)
    if found is None:
        return None
    about = _PROPERTY.search(entry)
    return Verdict(server, found[1].lower(), found[2].lower(), about[1] if about else "")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_related(one: str, other: str) -> bool:
    return one == other or one.endswith("." + other) or other.endswith("." + one)
