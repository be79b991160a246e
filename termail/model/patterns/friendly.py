"""The friendly syntax: from:ann is:unread has:pdf before:2024-03 larger:1M in:archive."""

import re
from collections.abc import Callable
from typing import Final

from termail.model.patterns import operators
from termail.model.patterns.dates import DateReader
from termail.model.patterns.errors import PatternError
from termail.model.patterns.numbers import number_range
from termail.model.patterns.scanner import Scanner
from termail.model.patterns.tree import And, Dates, InFolder, Node, Not, Numbers, State, Text

_KEY: Final = re.compile(r"([A-Za-z]+):")
_SIZES: Final = {"larger": ">", "smaller": "<", "size": ""}


class Friendly:
    """Reads one key:value."""

    def __init__(self, dates: DateReader) -> None:
        self._dates = dates
        self._ranges: Final[dict[str, Callable[[str], Node]]] = {
            "before": lambda value: Dates("date", None, dates.day(value)[0]),
            "until": lambda value: Dates("date", None, dates.day(value)[1]),
            "after": lambda value: Dates("date", dates.day(value)[1], None),
            "since": lambda value: Dates("date", dates.day(value)[0], None),
            "on": lambda value: Dates("date", *dates.day(value)),
            "date": lambda value: Dates("date", *dates.range(value)),
            "newer": lambda value: Dates("date", dates.ago(value), None),
            "older": lambda value: Dates("date", None, dates.ago(value)),
        }

    def read(self, scanner: Scanner) -> Node | None:
        """None, and nothing taken, when the next word is no key:value of ours."""
        found = _KEY.match(scanner.text, scanner.position)
        if found is None or not self._knows(found[1].lower()):
            return None
        key, start = found[1].lower(), scanner.position
        scanner.take(len(found[0]))
        value, _ = scanner.argument(f"the value of {key}:")
        try:
            return self._node(key, value)
        except ValueError as error:
            raise error if isinstance(error, PatternError) else PatternError(str(error), start) from None

    def _knows(self, key: str) -> bool:
        return key in operators.FRIENDLY_TEXT or key in self._ranges or key in _SIZES or key in ("is", "has", "in")

    def _node(self, key: str, value: str) -> Node:
        if key in operators.FRIENDLY_TEXT:
            return Text(operators.FRIENDLY_TEXT[key], value)
        if key in self._ranges:
            return self._ranges[key](value)
        if key in _SIZES:
            return Numbers("size", *number_range(_SIZES[key] + value))
        if key == "is":
            return _state(value.lower())
        if key == "in":
            return InFolder(value)
        return _has(value.lower())


def _state(value: str) -> Node:
    if value not in operators.FRIENDLY_STATES:
        raise ValueError(f"is:{value} is unknown; allowed: {' '.join(sorted(operators.FRIENDLY_STATES))}")
    return State(operators.FRIENDLY_STATES[value])


def _has(value: str) -> Node:
    if value in ("attachment", "attachments"):
        return Numbers("attachments", 1, None)
    if value in ("label", "keyword", "tag"):
        return Not(Text("label", ""))
    return And((Numbers("attachments", 1, None), Text("attachment", value)))
