"""Which agent wrote which header field: told by the field, and by what a Received field says of itself."""

import re
from typing import Final

from termail.classroom.journey.model import Fact, Station
from termail.mime.headers import header_end, scan_headers
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words

VALUE_LIMIT: Final = 160
_COMMENT: Final = re.compile(r"\([^()]*\)")
_WRITERS: Final = {
    "return-path": Station.MDA,
    "delivered-to": Station.MDA,
    "x-original-to": Station.MDA,
    "authentication-results": Station.FILTERS,
    "received-spf": Station.FILTERS,
    "arc-seal": Station.FILTERS,
    "arc-message-signature": Station.FILTERS,
    "arc-authentication-results": Station.FILTERS,
    "dkim-signature": Station.MSA,
    "list-id": Station.MTA,
}
SHOWN_FIELDS: Final = ("from", "to", "cc", "subject", "date", "message-id")


def header_fields(raw: bytes) -> list[tuple[str, str]]:
    """Names and values as people read them, in the order of the message."""
    return [
        (name, clean_line(decode_words(value[:8192])).strip())
        for name, value in scan_headers(raw[: header_end(raw)[0]])
    ]


def added_fields(raw: bytes) -> dict[Station, list[Fact]]:
    """What each agent wrote on the message, by station."""
    added: dict[Station, list[Fact]] = {}
    for name, value in header_fields(raw):
        station = writer_of(name, value)
        short = value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"
        added.setdefault(station, []).append(Fact("added", f"{name}: {short}"))
    return added


def writer_of(name: str, value: str) -> Station:
    """Who adds a field as a rule; a Received with A in its protocol was written at submission (RFC 3848)."""
    name = name.lower()
    if name == "received":
        protocol = _COMMENT.sub(" ", value).partition(" with ")[2].split(" ", 1)[0].upper().rstrip(";")
        return Station.MSA if protocol.endswith("A") and "SMTP" in protocol else Station.MTA
    if name.startswith(("x-spam", "x-virus")):
        return Station.FILTERS
    return _WRITERS.get(name, Station.MUA)


def letter_facts(raw: bytes) -> list[Fact]:
    """The header people read, and how the body begins."""
    fields = {name.lower(): f"{name}: {value}" for name, value in header_fields(raw)}
    facts = [Fact("header", fields[name]) for name in SHOWN_FIELDS if name in fields]
    body = raw[header_end(raw)[1] :].decode("utf-8", "replace")
    lines = [clean_line(line) for line in body.splitlines() if line.strip()][:3]
    return [*facts, *(Fact("body", line) for line in lines)]
