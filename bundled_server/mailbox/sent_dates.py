"""When messages were sent: the Date field as epoch seconds, remembered by content (RFC 5256 §2.2)."""

import re
from datetime import date
from email.utils import parsedate_to_datetime
from functools import lru_cache

_MOST_REMEMBERED = 400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_UTC = frozenset((b"", b"GMT", b"UTC", b"UT", b"Z"))
_USUAL = re.compile(
    rb"(?:[A-Za-z]{3}, *)?(\d{1,2}) +([A-Za-z]{3}) +(\d{4}) +(\d\d):(\d\d)(?::(\d\d))?(?: +([+-])(\d\d)(\d\d))?"
)


def sent_seconds(value: bytes) -> float | None:
    """A Date field; without a zone it is UTC. None for what is no date."""
    usual = _USUAL.match(value)
    if usual is None:
        return _odd_date(value)
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = usual.groups()
    midnight = _midnight(day, month, year)
    if midnight is None or int(hour) > 23 or int(minute) > 59:
        return None
    seconds = midnight + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    if sign:
        offset = int(zone_hours) * 3600 + int(zone_minutes) * 60
        seconds += offset if sign == b"-" else -offset
    elif value[usual.end() :].strip() not in _UTC:
        return _odd_date(value)
    return float(seconds)


@lru_cache(maxsize=4096)
def _midnight(day: bytes, month: bytes, year: bytes) -> int | None:
    try:
        number = _MONTHS.index(month.lower()) + 1
        return (date(int(year), number, int(day)).toordinal() - _EPOCH_ORDINAL) * 86_400
    except ValueError:
        return None


def _odd_date(value: bytes) -> float | None:
    try:
        return parsedate_to_datetime(value[:200].decode("latin-1")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


class SentDates(dict[int, float | None]):
    """Sent dates by content id; forgotten all at once when there are too many."""

    def remember(self, content_id: int, value: bytes) -> float | None:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        seconds = self[content_id] = sent_seconds(value)
        return seconds
