"""Comparators and match types (RFC 5228 §2.7, RFC 5231): whether a value of the message matches a key."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from bundled_server.sieve.budget import Budget
from bundled_server.sieve.regex import compiled, search


class MatchType(StrEnum):
    """The tags of §2.7.1, and of the extensions relational and regex."""

    IS = "is"
    CONTAINS = "contains"
    MATCHES = "matches"
    REGEX = "regex"
    VALUE = "value"
    COUNT = "count"


class Comparator(StrEnum):
    """How two strings are compared (RFC 4790)."""

    OCTET = "i;octet"
    ASCII_CASEMAP = "i;ascii-casemap"
    ASCII_NUMERIC = "i;ascii-numeric"


RELATIONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
    "eq": eq,
    "ne": ne,
}
CHARACTERS_A_STEP: Final = 1024  # what a search for plain text passes over in the time of a step
_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_DIGITS: Final = re.compile(r"[0-9]+")
_INFINITE: Final = (1, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What matched; `captures` are ${0}, ${1}, … of a match by pattern."""

    value: str
    key: str
    captures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matcher:
    """One match type with one comparator; `relation` is for VALUE and COUNT."""

    kind: MatchType = MatchType.IS
    comparator: Comparator = Comparator.ASCII_CASEMAP
    relation: str = ""

    def first(self, values: Sequence[str], keys: Sequence[str], budget: Budget) -> Found | None:
        """The first value that matches one of the keys. Raises BadPattern and OutOfBudget."""
        if self.kind is MatchType.COUNT:
            values = [str(len(values))]
        for value in values:
            for key in keys:
                budget.spend(1 + len(value) // CHARACTERS_A_STEP)
                captures = self._compare(value, key, budget)
                if captures is not None:
                    return Found(value, key, captures)
        return None

    def _compare(self, value: str, key: str, budget: Budget) -> tuple[str, ...] | None:
        """None when it does not match."""
        folded = self.comparator is Comparator.ASCII_CASEMAP
        match self.kind:
            case MatchType.MATCHES:
                return glob(key, value, budget, any_case=folded)
            case MatchType.REGEX:
                return search(compiled(key, folded), value, budget)
            case MatchType.CONTAINS:
                does = str(sort_key(self.comparator, key)) in str(sort_key(self.comparator, value))
            case MatchType.IS:
                does = sort_key(self.comparator, value) == sort_key(self.comparator, key)
            case _:
                does = RELATIONS[self.relation](sort_key(self.comparator, value), sort_key(self.comparator, key))
        return () if does else None


def sort_key(comparator: Comparator, text: str) -> str | tuple[int, int]:
    """What is compared in place of the text."""
    match comparator:
        case Comparator.ASCII_CASEMAP:
            return text.lower() if text.isascii() else text.translate(_LOWER)
        case Comparator.ASCII_NUMERIC:
            digits = _DIGITS.match(text)  # RFC 4790 §9.1: no digits is infinity
            return (0, int(digits[0][:4000])) if digits else _INFINITE
    return text


def glob(pattern: str, text: str, budget: Budget, *, any_case: bool) -> tuple[str, ...] | None:
    """`:matches`: "*" takes any text, as little as it can, "?" one character → the whole and what each wildcard
    took. Linear but for what `str.find` costs."""
    budget.spend(1 + len(text) // CHARACTERS_A_STEP)
    compared = str(sort_key(Comparator.ASCII_CASEMAP, text)) if any_case else text
    first, *others = _segments(pattern, any_case)
    if not first.fits(compared, 0):
        return None
    captures = [text, *first.wildcards(text, 0)]
    position = first.length
    if not others:
        return tuple(captures) if position == len(text) else None
    for segment in others[:-1]:
        at = segment.find(compared, position)
        if at < 0:
            return None
        captures += [text[position:at], *segment.wildcards(text, at)]
        position = at + segment.length
    last = others[-1]
    at = len(text) - last.length
    if at < position or not last.fits(compared, at):
        return None
    return (*captures, text[position:at], *last.wildcards(text, at))


@dataclass(frozen=True, slots=True)
class _Segment:
    """What stands between two stars; `singles` are the places of its question marks."""

    literal: str
    singles: tuple[int, ...]
    pattern: re.Pattern[str] | None

    @property
    def length(self) -> int:
        return len(self.literal)

    def fits(self, text: str, at: int) -> bool:
        if self.pattern is None:
            return text.startswith(self.literal, at)
        return self.pattern.match(text, at) is not None

    def find(self, text: str, start: int) -> int:
        if self.pattern is None:
            return text.find(self.literal, start)
        found = self.pattern.search(text, start)
        return found.start() if found else -1

    def wildcards(self, text: str, at: int) -> list[str]:
        return [text[at + single] for single in self.singles]


@lru_cache(maxsize=1024)
def _segments(pattern: str, any_case: bool) -> tuple[_Segment, ...]:
    """The pattern divided at its stars; a backslash makes a wildcard a plain character (§2.7.1)."""
    if any_case:
        pattern = str(sort_key(Comparator.ASCII_CASEMAP, pattern))
    segments: list[_Segment] = []
    literal: list[str] = []
    singles: list[int] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            segments.append(_segment(literal, singles))
            literal, singles = [], []
        elif character == "?":
            singles.append(len(literal))
            literal.append("?")
        else:
            literal.append(next(characters, "\\") if character == "\\" else character)
    segments.append(_segment(literal, singles))
    return tuple(segments)


def _segment(literal: list[str], singles: list[int]) -> _Segment:
    pattern = None
    if singles:  # fixed length and no repeats: nothing to go back over
        pieces = ["." if place in singles else re.escape(letter) for place, letter in enumerate(literal)]
        pattern = re.compile("".join(pieces), re.S)
    return _Segment("".join(literal), tuple(singles), pattern)
