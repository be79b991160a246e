"""Where the tables and keys of a TOML text stand, so that an error can name its line."""

import re

_HEADER = re.compile(r"\[\[?\s*([A-Za-z0-9_.-]+)\s*\]?\]")
_KEY = re.compile(r"([A-Za-z0-9_-]+)\s*=")
_QUOTES = ('"""', "'''")

Place = tuple[str | int, ...]
"""A way into the document: ("step", 1, "check", 0) is the first check of the second step."""


def find_lines(text: str) -> dict[Place, int]:
    """The line (from 1) of every array table and of every key in it."""
    lines: dict[Place, int] = {(): 1}
    counts: dict[Place, int] = {}
    here: Place = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if closing:
            closing = "" if closing in stripped else closing
            continue
        header = _HEADER.match(stripped)
        key = _KEY.match(stripped)
        if header is not None:
            here = _enter(header[1].split("."), counts)
            lines[here] = number
        elif key is not None:
            lines[(*here, key[1])] = number
            closing = _opened(stripped)
    return lines


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest one around it."""
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _enter(names: list[str], counts: dict[Place, int]) -> Place:
    place: Place = ()
    for name in names[:-1]:
        place = (*place, name, max(counts.get((*place, name), 1) - 1, 0))
    table = (*place, names[-1])
    counts[table] = counts.get(table, 0) + 1
    return (*table, counts[table] - 1)


def _opened(line: str) -> str:
    """The quotes of a text that goes on in the next line."""
    value = line.partition("=")[2]
    return next((quotes for quotes in _QUOTES if value.count(quotes) == 1), "")
