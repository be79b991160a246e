"""A time as people type it ("tomorrow 9:00", "in 2 hours", "friday", "2026-12-24 18:00") in epoch seconds."""

import re
from datetime import datetime, timedelta
from typing import Final

EXAMPLES: Final = "in 2 hours, 18:30, tomorrow 9am, friday 8:00, 24 dec 18:00, 2026-12-24 18:00"
_MORNING: Final = (8, 0)
_EVENING: Final = (20, 0)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPAN: Final = re.compile(r"(?:in\s+)?(\d{1,4}|an?)\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)")
_TIME: Final = re.compile(r"(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t\s]+(.+))?")
_NAMED: Final = re.compile(r"(\d{1,2})\.?\s*([a-z]{3})[a-z]*\.?(?:\s+(\d{4}))?(?:\s+(.+))?")
_UNITS: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


class NotATime(ValueError):
    """The words say no time; the text shows what does."""


def parse_when(text: str, now: float) -> float:
    """Always in the future. Raises NotATime."""
    words = " ".join(text.lower().replace(",", " ").split())
    span = _SPAN.fullmatch(words)
    if span is not None:
        count = 1 if span[1].startswith("a") else int(span[1])
        return now + count * _UNITS[span[2][0]]
    try:
        found = _moment(words, datetime.fromtimestamp(now).astimezone())
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise NotATime(f"{text!r} is no time here; write one like {EXAMPLES}.")
    if found.timestamp() <= now:
        raise NotATime(f"{text!r} is past.")
    return found.timestamp()


def _moment(words: str, now: datetime) -> datetime | None:
    first, _, rest = words.partition(" ")
    if first == "next" and rest:
        first, _, rest = rest.partition(" ")
    match first:
        case "today" | "tonight":
            return _at(now, rest, _EVENING)
        case "tomorrow":
            return _at(now + timedelta(days=1), rest, _MORNING)
    for number, name in enumerate(_DAYS):
        if len(first) >= 3 and name.startswith(first):
            ahead = (number - now.weekday()) % 7 or 7
            return _at(now + timedelta(days=ahead), rest, _MORNING)
    iso = _ISO.fullmatch(words)
    if iso is not None:
        return _at(now.replace(year=int(iso[1]), month=int(iso[2]), day=int(iso[3])), iso[4] or "", _MORNING)
    named = _NAMED.fullmatch(words)
    if named is not None and named[2] in _MONTHS:
        year = int(named[3] or now.year)
        found = _at(now.replace(year=year, month=_MONTHS.index(named[2]) + 1, day=int(named[1])), named[4] or "",
                    _MORNING)  # fmt: skip
        return found if found is None or named[3] or found > now else found.replace(year=year + 1)
    found = _at(now, words, None)
    return found if found is None or found > now else found + timedelta(days=1)


def _at(day: datetime, words: str, otherwise: tuple[int, int] | None) -> datetime | None:
    """That day at the hour the words say; the naive local time decides about summer time."""
    if not words:
        if otherwise is None:
            return None
        hour, minute = otherwise
    else:
        found = _TIME.fullmatch(words)
        if found is None or not (found[2] or found[3] or words.startswith("at")):
            return None
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3]:
            hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None).astimezone()
