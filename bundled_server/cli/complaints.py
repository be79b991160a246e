"""What is said of a settings table that cannot be: where the fault is, and what is allowed there."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

_PLACE = re.compile(r"at `\$([^`]*)`")
_STEP = re.compile(r"\.(\w+)|\[")
_MEASURES = ("_seconds", "_octets", "_days", "_prefix", "_per_minute", "_per_hour")


def complaint(fault: msgspec.ValidationError, kind: Any) -> str:
    """The fault in words, with the keys that are allowed where one is unknown."""
    text = str(fault)
    if "unknown field" not in text:
        return text
    place = _PLACE.search(text)
    allowed = _allowed(kind, place[1] if place else "")
    return f"{text}; allowed are {', '.join(allowed)}" if allowed else text


def _allowed(kind: Any, place: str) -> list[str]:
    """The keys of the table at a place such as `.dnsbl.zones[...]`; none where it could be one of several."""
    for step in _STEP.finditer(place):
        hints = get_type_hints(kind) if _is_table(kind) else {}
        kind = hints.get(step[1]) if step[1] else next(iter(get_args(kind)), None)
        if get_origin(kind) is UnionType:
            tables = [one for one in get_args(kind) if one is not type(None)]
            kind = tables[0] if len(tables) == 1 else None
    return sorted(kind.__struct_fields__) if _is_table(kind) else []


def below_zero(table: msgspec.Struct, place: str) -> Iterator[str]:
    """Where in a table a count or a measure is below 0, or no number at all; points may be."""
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if isinstance(value, msgspec.Struct):
            yield from below_zero(value, f"{place}.{name}")
        elif _is_measure(name, value) and not value >= 0:
            yield f"{place}.{name}"


def _is_measure(name: str, value: object) -> bool:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return is_count or (isinstance(value, float) and name.endswith(_MEASURES))


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
