"""Variables (RFC 5229): names, values, what ${name} becomes, and the modifiers of set."""

import re
from collections.abc import Callable, Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"\$\{(?:([0-9]{1,9})|((?:[a-z_][a-z0-9_]*\.)*[a-z_][a-z0-9_]*))\}", re.IGNORECASE)
_WILDCARD: Final = re.compile(r"([*?\\])")
_REGEX_MARK: Final = re.compile(r"([][.*+?^${}()|\\])")
MOST_CAPTURES: Final = 32

MODIFIERS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("lower", str.lower),
    ("upper", str.upper),
    ("lowerfirst", lambda text: text[:1].lower() + text[1:]),
    ("upperfirst", lambda text: text[:1].upper() + text[1:]),
    ("quotewildcard", lambda text: _WILDCARD.sub(r"\\\1", text)),
    ("quoteregex", lambda text: _REGEX_MARK.sub(r"\\\1", text)),
    ("length", lambda text: str(len(text))),
)
"""In the order of their precedence (§4.1)."""


class TooManyVariables(ValueError):
    """The script sets more variables than it may."""


class Variables:
    """The variables of one script; `shared` are those of all scripts, for names declared `global` here and for
    "global.name" (RFC 6609 §3.4). Values are cut at `most_characters`."""

    def __init__(self, shared: dict[str, str], *, most: int, most_characters: int) -> None:
        self._shared = shared
        self._own: dict[str, str] = {}
        self._declared: set[str] = set()
        self._most = most
        self._most_characters = most_characters
        self.captures: tuple[str, ...] = ()

    def declare_global(self, name: str) -> None:
        self._declared.add(name.lower())

    def get(self, name: str) -> str:
        """The value, "" for a name that was never set."""
        values, name = self._place(name.lower())
        return values.get(name, "")

    def set(self, name: str, value: str) -> str:
        """Set it → the value as it was kept. Raises TooManyVariables."""
        values, name = self._place(name.lower())
        if name not in values and len(self._own) + len(self._shared) >= self._most:
            raise TooManyVariables(f"more than {self._most} variables")
        values[name] = value = value[: self._most_characters]
        return value

    def expand(self, text: str) -> str:
        """The text with the values of its references, cut where it grows too long."""
        if "${" not in text:
            return text
        return _REFERENCE.sub(self._value_of, text)[: self._most_characters]

    def _value_of(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return self.get(match[2])
        number = int(match[1])
        return self.captures[number] if number < min(len(self.captures), MOST_CAPTURES) else ""

    def _place(self, name: str) -> tuple[dict[str, str], str]:
        if name.startswith("global."):
            return self._shared, name.removeprefix("global.")
        return (self._shared if name in self._declared else self._own), name


def modified(value: str, tags: Mapping[str, object]) -> str:
    """The value after the modifiers of a `set`."""
    for name, change in MODIFIERS:
        if name in tags:
            value = change(value)
    return value
