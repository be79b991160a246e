"""Date fields of received mail as epoch seconds, however they are written."""

import re
from calendar import timegm
from email.utils import mktime_tz, parsedate_tz
from typing import Final

from termail.mime import limits

_USUAL: Final = re.compile(
    rb"(?:[A-Za-z]{3},)?\s*(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s+([+-])(\d\d)(\d\d)\b"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_LATEST: Final = 7_258_118_400.0  # the year 2200: later is a typing error, or a trick to stay on top


def parse_date(value: bytes) -> float:
    """RFC 5322 §3.3 with its obsolete forms, leniently (two-digit years too); 0.0 when unreadable or absurd."""
    if not value or len(value) > limits.DATE_OCTETS:
        return 0.0
    found = _USUAL.match(value)
    if found is not None and (month := _MONTHS.get(found[2].lower())):
        day, year, hour, minute = int(found[1]), int(found[3]), int(found[4]), int(found[5])
        offset = int(found[8]) * 3600 + int(found[9]) * 60
        if 1 <= day <= 31 and hour < 24 and minute < 60 and year > 1900 and offset <= 86_400:
            seconds = timegm((year, month, day, hour, minute, int(found[6] or 0)))
            return _plausible(float(seconds - offset if found[7] == b"+" else seconds + offset))
    return _plausible(_by_the_library(value))


def _by_the_library(value: bytes) -> float:
    try:
        parsed = parsedate_tz(value.decode("ascii", "replace"))
        if parsed is None or not (1 <= parsed[1] <= 12 and 1 <= parsed[2] <= 31 and parsed[3] < 25):
            return 0.0
        return float(mktime_tz(parsed))
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0.0


def _plausible(seconds: float) -> float:
    return seconds if 0.0 < seconds < _LATEST else 0.0
