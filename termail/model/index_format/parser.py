"""Reads an index_format into items."""

import re
from typing import Final

from termail.model.index_format.items import Choice, Field, Fill, Item, Literal, When

LETTERS: Final = frozenset("aAbBcCdDeEfFgHilLmMnNoOPrRsStTuvWXyYzZ")
LENGTH_LIMIT: Final = 1_000
WIDTH_LIMIT: Final = 500
DEPTH_LIMIT: Final = 10

_SPEC: Final = re.compile(r"(?P<flags>[-=0_:]*)(?P<least>\d{0,4})(?:\.(?P<most>\d{0,4}))?")
_DATES: Final = {"{": ("}", "date"), "[": ("]", "date"), "(": (")", "received"), "<": (">", "now")}


class FormatError(ValueError):
    """The text says where and what is allowed."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"column {position + 1}: {message}")
        self.position = position


def read_format(text: str) -> tuple[Item, ...]:
    """Raises FormatError."""
    if len(text) > LENGTH_LIMIT:
        raise FormatError(f"a format has at most {LENGTH_LIMIT} characters", LENGTH_LIMIT)
    return _Reader(text).items("", 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def items(self, stops: str, depth: int) -> tuple[Item, ...]:
        """Up to one of `stops`, which is left for the caller."""
        if depth > DEPTH_LIMIT:
            raise FormatError(f"more than {DEPTH_LIMIT} conditions inside one another", self._at)
        found: list[Item] = []
        plain = ""
        while self._at < len(self._text) and self._text[self._at] not in stops:
            char = self._text[self._at]
            self._at += 1
            if char != "%":
                plain += char
            elif self._peek() == "%":
                self._at += 1
                plain += "%"
            else:
                if plain:
                    found.append(Literal(plain))
                    plain = ""
                found.append(self._item(depth))
        if plain:
            found.append(Literal(plain))
        return tuple(found)

    def _item(self, depth: int) -> Item:
        start = self._at - 1
        if self._peek() == "?":
            return self._choice(start, depth)
        if self._peek() and self._peek() in ">|*":
            kind = self._take()
            return Fill(kind, self._take() or " ")
        spec = _SPEC.match(self._text, self._at)
        assert spec is not None
        self._at = spec.end()
        letter = self._take()
        field = _field(letter, spec)
        if letter in _DATES:
            close, of = _DATES[letter]
            end = self._text.find(close, self._at)
            if end < 0:
                raise FormatError(f'"{close}" is missing', start)
            style = self._text[self._at : end].removeprefix("!")
            self._at = end + 1
            return When(of, style or "%c", field)
        if letter not in LETTERS or not letter:
            raise FormatError(f"%{letter} is unknown; allowed: {' '.join(sorted(LETTERS))}", start)
        return field

    def _choice(self, start: int, depth: int) -> Choice:
        self._at += 1
        spec = _SPEC.match(self._text, self._at)
        assert spec is not None
        self._at = spec.end()
        letter = self._take()
        if letter not in LETTERS or not letter or self._take() != "?":
            raise FormatError("a condition is written %?l?present&absent?", start)
        present = self.items("&?", depth + 1)
        absent: tuple[Item, ...] = ()
        if self._peek() == "&":
            self._at += 1
            absent = self.items("?", depth + 1)
        if self._take() != "?":
            raise FormatError('the "?" that ends the condition is missing', start)
        return Choice(letter, present, absent)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]


def _field(letter: str, spec: re.Match[str]) -> Field:
    flags, least, most = spec["flags"], spec["least"], spec["most"]
    return Field(
        letter=letter,
        least=min(int(least or 0), WIDTH_LIMIT),
        most=-1 if most is None else min(int(most or 0), WIDTH_LIMIT),
        is_left="-" in flags,
        is_centred="=" in flags,
        zeros="0" in flags or least.startswith("0"),
    )
