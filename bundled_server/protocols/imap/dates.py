"""Dates of the IMAP grammar: date-time of APPEND and INTERNALDATE, date of SEARCH (RFC 3501 §9)."""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from math import floor

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name.lower().encode(): number for number, name in enumerate(MONTHS, 1)}
_DATE = re.compile(rb"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_DATE_TIME = re.compile(rb"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_DAY_SECONDS = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def parse_date(octets: bytes) -> date:
    """`1-Feb-1994`. Raises ValueError."""
    match = _DATE.fullmatch(octets)
    if match is None:
        raise ValueError("not a date")
    return date(int(match[3]), _month(match[2]), int(match[1]))


def parse_date_time(octets: bytes) -> float:
    """`17-Jul-1996 02:44:25 -0700` in epoch seconds. Raises ValueError."""
    match = _DATE_TIME.fullmatch(octets)
    if match is None:
        raise ValueError("not a date-time")
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    zone = timezone(-offset if match[7] == b"-" else offset)
    try:
        moment = datetime(
            int(match[3]),
            _month(match[2]),
            int(match[1]),
            int(match[4]),
            int(match[5]),
            min(int(match[6]), 59),  # a leap second has no place in epoch seconds
            tzinfo=zone,
        )
        return moment.timestamp()
    except OverflowError as error:
        raise ValueError("date out of range") from error


def day_of(seconds: float) -> date:
    """The day of an internal date, disregarding time and zone (RFC 3501 §6.4.4): we keep and show UTC."""
    return date.fromordinal(min(max(int(seconds // _DAY_SECONDS) + _EPOCH_ORDINAL, 1), date.max.toordinal()))


def day_start(day: date) -> int:
    """When a day begins, in epoch seconds: `day_of` answers it from here on."""
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY_SECONDS


def format_date_time(seconds: float) -> bytes:
    """An internal date as INTERNALDATE sends it, quotes included, in UTC."""
    days, rest = divmod(floor(seconds), _DAY_SECONDS)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return b'"%s %02d:%02d:%02d +0000"' % (_format_day(days), hour, minute, second)


@lru_cache(maxsize=4096)
def _format_day(days: int) -> bytes:
    day = day_of(days * _DAY_SECONDS)
    return f"{day.day:2d}-{MONTHS[day.month - 1]}-{day.year:04d}".encode("ascii")


def _month(name: bytes) -> int:
    number = _MONTH_NUMBERS.get(name.lower())
    if number is None:
        raise ValueError("no such month")
    return number
