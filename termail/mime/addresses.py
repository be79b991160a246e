"""Address lists of received mail, read in one tolerant pass."""

import re
from typing import Final

from termail.mime import limits
from termail.mime.charsets import decode_raw_header
from termail.mime.words import decode_words

# Encoded words, a quoted, a bare or no name before "<address>"; or the address alone. Then a comma or the end.
_USUAL: Final = re.compile(
    rb"(?:(?:((?:=\?[\w-]{1,60}\?[bBqQ]\?[^?\s]{1,400}\?=[ \t]*){1,20})"
    rb'|"([^"\\\x80-\xff=]*)"[ \t]*|([A-Za-z0-9 \t.\'_+-]*))<([^<>@\s"(),;:\\\x80-\xff]+@[A-Za-z0-9.-]+)>'
    rb"|([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+))(?:,[ \t]*(?!\Z)|\Z)"
)
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*\?=)|(?P<special>[\"(<,;:])"
    r"|(?P<atom>\[[^\[\]\s]*\]|[^\s\"(<,;:\[]+|\[)"
)
_ROUTE: Final = re.compile(r"(?:@[^,:@]*,?)++:")
_LONGEST_WORD: Final = 1_000
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_addresses(value: bytes) -> tuple[tuple[str, str], ...]:
    """Tolerant RFC 5322 address list → (name, addr-spec) pairs, groups flattened, capped. Never raises.

    Either half may be empty: a name nobody gave, or words that hold no address."""
    if not value:
        return ()
    usual = _usual_list(value)
    if usual is not None:
        return usual
    return tuple(_Scanner(value[: limits.FIELD_OCTETS].decode("latin-1")).read())


def _usual_list(value: bytes) -> tuple[tuple[str, str], ...] | None:
    """Addresses as nearly all mail has them, between commas; None when one is written in another way."""
    found: list[tuple[str, str]] = []
    position = 0
    while len(found) < limits.ADDRESS_COUNT:
        usual = _USUAL.match(value, position)
        if usual is None:
            return None
        words, name, bare, address, plain = usual.groups()
        if plain is not None:
            found.append(("", plain.decode("ascii")))
        elif words is not None:
            found.append((" ".join(decode_words(words).split()), address.decode("ascii")))
        else:
            found.append((" ".join((name or bare or b"").decode("ascii").split()), address.decode("ascii")))
        position = usual.end()
        if position == len(value):
            return tuple(found)
    return None


class _Scanner:
    """The state of one pass: the words of the address being read, and what has been found."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._found: list[tuple[str, str]] = []
        self._unclosed: set[str] = set()  # openers known to have no closer: they read as plain characters
        self._start_address()

    def _start_address(self) -> None:
        self._names: list[str] = []  # words as text
        self._raws: list[str] = []  # the same words as written
        self._comments: list[str] = []
        self._angle: str | None = None
        self._has_at = False
        self._glued = False

    def read(self) -> list[tuple[str, str]]:
        text, match = self._text, _TOKEN.match
        while self._position < len(text) and len(self._found) < limits.ADDRESS_COUNT:
            token = match(text, self._position)
            if token is None:  # cannot happen: the last alternatives take any character
                break
            self._position = token.end()
            kind, written = token.lastgroup, token[0]
            if kind == "space":
                self._glued = False
            elif kind == "special":
                self._special(written)
            else:
                self._add(written, written)
        self._finish()
        return self._found

    def _special(self, character: str) -> None:
        match character:
            case '"':
                self._quoted()
            case "(":
                self._comment()
            case "<":
                self._bracket()
            case ":":
                if self._angle is None and not self._has_at:
                    self._start_address()  # what stood before was a group's name
                else:
                    self._add(":", ":")
            case _:
                self._finish()

    def _add(self, name: str, raw: str) -> None:
        if self._angle is not None:
            return
        if self._glued and self._raws and len(self._raws[-1]) < _LONGEST_WORD:
            self._names[-1] += name
            self._raws[-1] += raw
        else:
            self._names.append(name)
            self._raws.append(raw)
        self._has_at = self._has_at or "@" in raw
        self._glued = True

    def _quoted(self) -> None:
        end = self._closing_quote()
        if end < 0:
            self._glued = False
            return
        inner = self._text[self._position : end]
        self._add(_ESCAPED.sub(r"\1", inner) if "\\" in inner else inner, f'"{inner}"')
        self._position = end + 1

    def _closing_quote(self) -> int:
        if '"' in self._unclosed:
            return -1
        end = self._position
        while (end := self._text.find('"', end)) >= 0:
            before = end - 1
            while before >= self._position and self._text[before] == "\\":
                before -= 1
            if (end - before) % 2:
                return end
            end += 1
        self._unclosed.add('"')
        return -1

    def _comment(self) -> None:
        if "(" in self._unclosed:
            return
        depth, position = 1, self._position
        while depth:
            found = _COMMENT_MARK.search(self._text, position)
            if found is None:
                self._unclosed.add("(")
                return
            position = found.end()
            depth += {"(": 1, ")": -1}.get(found[0], 0)
        self._comments.append(self._text[self._position : position - 1])
        self._position = position
        self._glued = False

    def _bracket(self) -> None:
        """An addr-spec in angle brackets; without ">" it ends at the next comma or "<"."""
        found = _BRACKETED.match(self._text, self._position)
        if found is None:
            return
        self._position = found.end()
        inside = _ROUTE.sub("", found[1], count=1) if found[1].startswith("@") else found[1]
        if self._angle is None or "@" not in self._angle:
            self._angle = "".join(inside.split())
        self._glued = False

    def _finish(self) -> None:
        name, address = self._meaning()
        if name or address:
            self._found.append((name, address))
        self._start_address()

    def _meaning(self) -> tuple[str, str]:
        if self._angle is not None:
            return self._phrase(self._names), _as_text(self._angle)
        at = next((index for index in range(len(self._raws) - 1, -1, -1) if "@" in self._raws[index]), -1)
        if at < 0:
            alone = len(self._raws) == 1 and not self._raws[0].startswith(('"', "=?"))
            return (self._phrase([]), _as_text(self._raws[0])) if alone else (self._phrase(self._names), "")
        if self._raws[at] == "@" or self._raws[at].endswith("@") or self._raws[at].startswith("@"):
            return self._phrase([]), _as_text("".join(self._raws))  # white space around the "@"
        return self._phrase(self._names[:at] + self._names[at + 1 :]), _as_text(self._raws[at])

    def _phrase(self, names: list[str]) -> str:
        words = names or self._comments[:1]
        if not words:
            return ""
        return " ".join(decode_words(" ".join(words).encode("latin-1", "replace")).split())


_COMMENT_MARK: Final = re.compile(r"\\.|[()]", re.DOTALL)
_BRACKETED: Final = re.compile(r'((?:"[^"<>\r\n]{0,256}"|[^<>,"]++|,(?=[^<>,"]{0,256}:)|")*+)>?')


def _as_text(written: str) -> str:
    return decode_raw_header(written.encode("latin-1", "replace"))
