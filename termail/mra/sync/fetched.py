"""From FETCH answers to what the store takes."""

import calendar
import re
from typing import Final

from termail.mra.imap.responses import Fetch, Value, number_of
from termail.store.local_store import Arrived

HEADER_ITEMS: Final = "(UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])"
FLAG_ITEMS: Final = "(UID FLAGS)"
BODY_ITEMS: Final = "(UID BODY.PEEK[])"
UID_LIMIT: Final = 2**32
FLAGS_OF_MESSAGE: Final = 100
STRUCTURE_OCTETS: Final = 100_000
STRUCTURE_DEPTH: Final = 60
_DATE: Final = re.compile(rb"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS: Final = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")


def arrived(answer: Fetch) -> Arrived | None:
    """A message, None when the answer holds no header (flags that changed meanwhile, say)."""
    header = answer.items.get("BODY[HEADER]")
    if not isinstance(header, bytes) or not 0 < answer.uid < UID_LIMIT:
        return None
    structure = answer.items.get("BODYSTRUCTURE")
    return Arrived(
        uid=answer.uid,
        flags=flags_of(answer) or frozenset(),
        internal_date=internal_date(answer.items.get("INTERNALDATE")),
        size_octets=min(number_of(answer.items.get("RFC822.SIZE")), 2**53),
        header=header,
        body_structure=_flat(structure)[:STRUCTURE_OCTETS] if isinstance(structure, list) else b"",
    )


def flags_of(answer: Fetch) -> frozenset[str] | None:
    """None when the answer tells no flags."""
    values = answer.items.get("FLAGS")
    if not isinstance(values, list):
        return None
    return frozenset(
        value.decode("utf-8", "replace")
        for value in values[:FLAGS_OF_MESSAGE]
        if isinstance(value, bytes) and len(value) <= 100 and value.lower() != b"\\recent"
    )


def internal_date(value: Value) -> float:
    """Epoch seconds, 0.0 when it cannot be read (RFC 9051 §9 date-time)."""
    found = _DATE.match(value) if isinstance(value, bytes) else None
    if found is None or found[2].lower() not in _MONTHS:
        return 0.0
    day, year, hour, minute, second = (int(found[at]) for at in (1, 3, 4, 5, 6))
    offset = (int(found[8]) * 60 + int(found[9])) * 60
    try:
        seconds = calendar.timegm((year, _MONTHS.index(found[2].lower()) + 1, day, hour, minute, second, 0, 1, 0))
    except (ValueError, OverflowError):
        return 0.0
    return float(seconds + (-offset if found[7] == b"+" else offset))


def _flat(value: Value, depth: int = 0) -> bytes:
    """A BODYSTRUCTURE as octets again, strings quoted; what is nested too deep is left out."""
    if value is None or depth > STRUCTURE_DEPTH:
        return b"NIL"
    if isinstance(value, list):
        return b"(" + b" ".join([_flat(entry, depth + 1) for entry in value]) + b")"
    octets = bytes(value)
    if b'"' in octets or b"\\" in octets:
        octets = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + octets + b'"'
