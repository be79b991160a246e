"""Dates and their parts (RFC 5260 §4.2)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

ZONE: Final = re.compile(r"[+-](?:[01][0-9]|2[0-3])[0-5][0-9]")
_MODIFIED_JULIAN_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC).toordinal()


def _zone(moment: datetime) -> str:
    return moment.strftime("%z")


PARTS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "year": lambda moment: f"{moment.year:04d}",
    "month": lambda moment: f"{moment.month:02d}",
    "day": lambda moment: f"{moment.day:02d}",
    "date": lambda moment: f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}",
    "julian": lambda moment: str(moment.toordinal() - _MODIFIED_JULIAN_EPOCH),
    "hour": lambda moment: f"{moment.hour:02d}",
    "minute": lambda moment: f"{moment.minute:02d}",
    "second": lambda moment: f"{moment.second:02d}",
    "time": lambda moment: f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}",
    "iso8601": lambda moment: moment.replace(microsecond=0).isoformat(),
    "std11": format_datetime,
    "zone": _zone,
    "weekday": lambda moment: str(moment.isoweekday() % 7),
}
"""What each part is, as text; "weekday" counts from Sunday, 0."""


def date_in(value: str) -> datetime | None:
    """The date in a header field: the value itself, or what stands behind the last ";" as in Received."""
    text = value.rpartition(";")[2].strip()
    try:
        moment = parsedate_to_datetime(text[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def in_zone(moment: datetime, zone: str) -> datetime:
    """The same moment by other clocks; `zone` as "+0100"."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    offset = timedelta(minutes=-minutes if zone.startswith("-") else minutes)
    try:
        return moment.astimezone(timezone(offset))
    except OverflowError:
        return moment
