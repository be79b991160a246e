"""Reading one IMAP command: a cursor over its octets that knows the terminals of the grammar (RFC 3501 §9)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from bundled_server.protocols.imap.dates import parse_date, parse_date_time
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.sequences import SAVED_RESULT, STAR, SequenceSet

ItemT = TypeVar("ItemT")

_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_ASTRING_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
_LIST_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
_QUOTED = re.compile(rb'"((?:[^\x00\r\n"\\]|\\["\\])*)"')
_ESCAPED = re.compile(rb"\\(.)")
_LITERAL = re.compile(rb"~?\{\d+\+?\}\r\n")
_NUMBER = re.compile(rb"\d+")
_FLAG = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_WORD = re.compile(rb"[A-Za-z0-9.$-]+")
_SEQUENCE_SET = re.compile(rb"(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*")
_SEQUENCE_STARTS = frozenset((b"*", b"$", *(b"%d" % digit for digit in range(10))))
_DATE_TEXT = re.compile(rb'"?(\d{1,2}-[A-Za-z]{3}-\d{4})"?')
_HIGHEST_NUMBER = 0xFFFF_FFFF
_HIGHEST_NUMBER64 = 0x7FFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much structure one command may have."""

    nesting: int = 32
    list_items: int = 20_000


class Cursor:
    """Reads terminals from left to right; each method raises BadCommand when the next octets are something else.

    `text` is the command without its last CRLF; where a literal stands, `text` keeps its `{n}` CRLF and
    `literals` holds the octets.
    """

    def __init__(self, text: bytes, literals: tuple[bytes, ...] = (), bounds: Bounds | None = None) -> None:
        self._text = text
        self._literals = literals
        self._next_literal = 0
        self._position = 0
        self.bounds = bounds or Bounds()

    # looking

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._text)

    def sees(self, octets: bytes) -> bool:
        """Whether `octets` come next; nothing is read."""
        return self._text.startswith(octets, self._position)

    def sees_sequence_set(self) -> bool:
        return self._text[self._position : self._position + 1] in _SEQUENCE_STARTS

    def sees_word(self, word: bytes) -> bool:
        """Whether this word comes next, in any case."""
        return self._text[self._position : self._position + len(word)].upper() == word

    # punctuation

    def expect(self, octets: bytes) -> None:
        if not self.accept(octets):
            raise BadCommand(f"expected {octets.decode('ascii')!r}")

    def accept(self, octets: bytes) -> bool:
        """Read `octets` if they come next."""
        if not self._text.startswith(octets, self._position):
            return False
        self._position += len(octets)
        return True

    def space(self) -> None:
        """One space; more are tolerated, people type."""
        if not self.accept(b" "):
            raise BadCommand("a space is missing")
        while self.accept(b" "):
            pass

    def end(self) -> None:
        while self.accept(b" "):
            pass
        if not self.at_end:
            raise BadCommand("there is more than the command takes")

    # terminals

    def atom(self) -> bytes:
        return self._match(_ATOM, "an atom is missing").group()

    def keyword(self) -> bytes:
        """An atom in upper case: a command, an item, a key."""
        return self.atom().upper()

    def word(self) -> bytes:
        """Letters, digits and dots in upper case: an item name, which a "[" or "<" may follow."""
        return self._match(_WORD, "a name is missing").group().upper()

    def string(self) -> bytes:
        if self.sees(b'"'):
            return self._quoted()
        if self.sees(b"{") or self.sees(b"~{"):
            return self.literal()
        raise BadCommand("a string is missing")

    def literal(self) -> bytes:
        self._match(_LITERAL, "a literal is malformed")
        if self._next_literal >= len(self._literals):
            raise BadCommand("a literal is missing")
        octets = self._literals[self._next_literal]
        self._next_literal += 1
        return octets

    def astring(self) -> bytes:
        atom = _ASTRING_ATOM.match(self._text, self._position)
        if atom and not atom.group().startswith(b"~{"):
            self._position = atom.end()
            return atom.group()
        return self.string()

    def nil(self) -> bool:
        """Read NIL if it comes next."""
        if not self.sees_word(b"NIL"):
            return False
        self._position += 3
        return True

    def nstring(self) -> bytes | None:
        return None if self.nil() else self.string()

    def rest(self) -> bytes:
        """Everything up to the end, as it stands."""
        octets = self._text[self._position :]
        self._position = len(self._text)
        return octets

    def list_mailbox(self) -> bytes:
        """A mailbox pattern: an astring that may hold % and * bare."""
        atom = _LIST_ATOM.match(self._text, self._position)
        if atom:
            self._position = atom.end()
            return atom.group()
        return self.string()

    def number(self) -> int:
        return self._bounded(self._match(_NUMBER, "a number is missing").group(), _HIGHEST_NUMBER)

    def number64(self) -> int:
        return self._bounded(self._match(_NUMBER, "a number is missing").group(), _HIGHEST_NUMBER64)

    def nonzero(self) -> int:
        number = self.number()
        if number == 0:
            raise BadCommand("zero is not allowed here")
        return number

    def flag(self) -> str:
        return canonical_flag(self._match(_FLAG, "a flag is missing").group())

    def flags(self) -> frozenset[str]:
        """A parenthesised list of flags."""
        return frozenset(self.parenthesised(self.flag))

    def sequence_set(self) -> SequenceSet:
        if self.accept(b"$"):
            return SAVED_RESULT
        text = self._match(_SEQUENCE_SET, "a sequence set is missing").group()
        if text.count(b",") >= self.bounds.list_items:
            raise BadCommand("the sequence set is too long")
        return SequenceSet(tuple(self._sequence_range(part) for part in text.split(b",")))

    def date(self) -> date:
        try:
            return parse_date(self._match(_DATE_TEXT, "a date is missing").group(1))
        except ValueError as error:
            raise BadCommand("there is no such date") from error

    def date_time(self) -> float:
        try:
            return parse_date_time(self._quoted())
        except ValueError as error:
            raise BadCommand("there is no such date-time") from error

    def parenthesised(self, read: Callable[[], ItemT], *, empty: bool = True) -> list[ItemT]:
        """`(item item …)`, bounded in length."""
        self.expect(b"(")
        items: list[ItemT] = []
        if empty and self.accept(b")"):
            return items
        while True:
            items.append(read())
            if len(items) > self.bounds.list_items:
                raise BadCommand("the list is too long")
            if self.accept(b")"):
                return items
            self.space()
            if self.accept(b")"):
                return items

    # inside

    def _match(self, pattern: re.Pattern[bytes], missing: str) -> re.Match[bytes]:
        match = pattern.match(self._text, self._position)
        if match is None:
            raise BadCommand(missing)
        self._position = match.end()
        return match

    def _quoted(self) -> bytes:
        octets = self._match(_QUOTED, "a quoted string is not closed").group(1)
        return _ESCAPED.sub(rb"\1", octets) if b"\\" in octets else octets

    @staticmethod
    def _bounded(digits: bytes, highest: int) -> int:
        if len(digits) > 20 or int(digits) > highest:
            raise BadCommand("the number is too large")
        return int(digits)

    def _sequence_range(self, part: bytes) -> tuple[int, int]:
        low, colon, high = part.partition(b":")
        first = self._sequence_number(low)
        return first, self._sequence_number(high) if colon else first

    def _sequence_number(self, digits: bytes) -> int:
        if digits == b"*":
            return STAR
        number = self._bounded(digits, _HIGHEST_NUMBER)
        if number == 0:
            raise BadCommand("zero is not a message")
        return number


SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_CANONICAL = {flag.lower(): flag for flag in (*SYSTEM_FLAGS, "\\Recent")}


def canonical_flag(octets: bytes) -> str:
    """System flags in their usual spelling (they compare without case), keywords as they came."""
    flag = octets.decode("ascii")
    return _CANONICAL.get(flag.lower(), flag)
