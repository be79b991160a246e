"""Dates of patterns, absolute and relative, as half-open ranges of epoch seconds."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Final

Range = tuple[float | None, float | None]

_DATE: Final = r"(?:\d{4}-\d{1,2}(?:-\d{1,2})?|\d{8}|\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}/?|\d{4}|today|yesterday)"
_OFFSET: Final = r"(\d{1,5})([ymwdHMS]?)"
_RELATIVE: Final = re.compile(rf"([<>=*]){_OFFSET}")
_SINGLE: Final = re.compile(_DATE)
_MARGIN: Final = re.compile(rf"({_DATE})((?:[-+*]\d{{1,5}}[ymwdHMS])+)")
_STEP: Final = re.compile(rf"([-+*]){_OFFSET}")
_BETWEEN: Final = re.compile(rf"({_DATE})?-({_DATE})?")
_DOTS: Final = re.compile(rf"({_DATE})?\.\.({_DATE})?")
_YEARS: Final = (1970, 9990)

ALLOWED: Final = (
    "DD/MM/YY, YYYYMMDD, YYYY-MM-DD, ranges such as 1/3/24-15/3/24, <1w, >1m, =2d, *2w (units y m w d H M S)"
)


class DateReader:
    """Reads dates as seen from `now` in `timezone` (None: the machine's)."""

    def __init__(self, now: float, timezone: tzinfo | None = None) -> None:
        self._now = now
        self._timezone = timezone
        self._today = datetime.fromtimestamp(now, timezone).replace(hour=0, minute=0, second=0, microsecond=0)

    def range(self, text: str) -> Range:
        """Raises ValueError with the reason."""
        try:
            return self._range(text)
        except OverflowError:
            raise ValueError("the date is out of range") from None

    def _range(self, text: str) -> Range:
        forms: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Range]], ...] = (
            (_RELATIVE, self._relative),
            (_SINGLE, lambda found: self._day(found[0])),
            (_MARGIN, self._margin),
            (_BETWEEN, self._between),
            (_DOTS, self._between),
        )
        for pattern, read in forms:
            found = pattern.fullmatch(text)
            if found is not None and text not in ("-", ".."):
                return read(found)
        raise ValueError(f"{text!r} is no date; allowed: {ALLOWED}")

    def day(self, text: str) -> tuple[float, float]:
        """One day (or month, or year) as a range. Raises ValueError."""
        if _SINGLE.fullmatch(text) is None:
            raise ValueError(
                f"{text!r} is no date; allowed: YYYY, YYYY-MM, YYYY-MM-DD, DD/MM/YY, today, yesterday"
            )
        try:
            return self._day(text)
        except OverflowError:
            raise ValueError("the date is out of range") from None

    def ago(self, text: str) -> float:
        """The moment an offset such as 2w before now. Raises ValueError."""
        found = re.fullmatch(_OFFSET, text)
        if found is None:
            raise ValueError(f"{text!r} is no time span; allowed: a number and y, m, w, d, H, M or S")
        return self._shifted(datetime.fromtimestamp(self._now, self._timezone), -int(found[1]), found[2])

    def _relative(self, found: re.Match[str]) -> Range:
        sign, count, unit = found[1], int(found[2]), found[3]
        here = datetime.fromtimestamp(self._now, self._timezone)
        match sign:
            case "<":
                return self._shifted(here, -count, unit), None
            case ">":
                return None, self._shifted(here, -count, unit)
            case "=":
                start = datetime.fromtimestamp(self._shifted(self._today, -count, unit), self._timezone)
                return start.timestamp(), (start + timedelta(days=1)).timestamp()
            case _:
                return self._shifted(here, -count, unit), self._shifted(here, count, unit)

    def _margin(self, found: re.Match[str]) -> Range:
        start, end = self._day(found[1])
        for sign, count, unit in _STEP.findall(found[2]):
            if sign in "-*":
                start = self._shifted(datetime.fromtimestamp(start, self._timezone), -int(count), unit)
            if sign in "+*":
                end = self._shifted(datetime.fromtimestamp(end, self._timezone), int(count), unit)
        return start, end

    def _between(self, found: re.Match[str]) -> Range:
        start = self._day(found[1])[0] if found[1] else None
        end = self._day(found[2])[1] if found[2] else None
        if start is not None and end is not None and start > end:
            start, end = self._day(found[2])[0], self._day(found[1])[1]
        return start, end

    def _day(self, text: str) -> tuple[float, float]:
        if text in ("today", "yesterday"):
            start = self._today - timedelta(days=int(text == "yesterday"))
            return start.timestamp(), (start + timedelta(days=1)).timestamp()
        year, month, day = self._numbers(text)
        start = self._date(year, month or 1, day or 1)
        if day:
            return start.timestamp(), (start + timedelta(days=1)).timestamp()
        end = self._date(year + 1, 1, 1) if not month or month == 12 else self._date(year, month + 1, 1)
        return start.timestamp(), end.timestamp()

    def _numbers(self, text: str) -> tuple[int, int, int]:
        """(year, month, day) with 0 for what is left open."""
        if "/" in text:
            parts = [int(part) for part in text.split("/") if part]
            day, month, year = (*parts, *(0, self._today.month, self._today.year)[len(parts) :])
            return (year + (1900 if year > 69 else 2000) if year < 100 else year), month, day
        if "-" in text:
            parts = [int(part) for part in text.split("-")]
            return parts[0], parts[1], parts[2] if len(parts) == 3 else 0
        if len(text) == 8:
            return int(text[:4]), int(text[4:6]), int(text[6:])
        if len(text) == 4:
            return int(text), 0, 0
        return self._today.year, self._today.month, int(text)

    def _date(self, year: int, month: int, day: int) -> datetime:
        if not _YEARS[0] <= year <= _YEARS[1]:
            raise ValueError(f"the year {year} is out of range")
        try:
            return datetime(year, month, day, tzinfo=self._timezone)
        except ValueError:
            raise ValueError(f"there is no day {day}/{month}/{year}") from None

    def _shifted(self, moment: datetime, count: int, unit: str) -> float:
        match unit:
            case "y" | "m":
                months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
                year, month = divmod(months, 12)
                if not _YEARS[0] <= year <= _YEARS[1]:
                    raise ValueError("the date is out of range")
                day = min(moment.day, _days_in(year, month + 1))
                return moment.replace(year=year, month=month + 1, day=day).timestamp()
            case "H" | "M" | "S":
                return moment.timestamp() + count * {"H": 3600, "M": 60, "S": 1}[unit]
            case _:
                return (moment + timedelta(days=count * (7 if unit == "w" else 1))).timestamp()


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
