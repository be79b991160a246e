"""ManageSieve's lines of words and literals."""

import re
from dataclasses import dataclass
from typing import Final

from termail.mra.managesieve.errors import ScriptsGone
from termail.mra.stream import Stream
from termail.net.wire import MASK, Tap, no_tap, shown

LINE_OCTETS: Final = 65_536
LITERAL_OCTETS: Final = 4_000_000
MOST_WORDS: Final = 1000
SILENCE_SECONDS: Final = 30.0
_LITERAL_AT_END: Final = re.compile(rb"\{(\d{1,10})\+?\}\Z")
_WORD: Final = re.compile(rb'\s*(?:"((?:[^"\\]|\\.)*+)"|(\([^()"]*(?:"(?:[^"\\]|\\.)*"[^()"]*)*\))|([^\s"(]+))')
_ESCAPED: Final = re.compile(rb"\\(.)")


@dataclass(frozen=True, slots=True)
class Word:
    """A string, or with `is_bare` an atom or a code in parentheses."""

    text: bytes
    is_bare: bool = False


class ScriptsProtocol(Stream):
    """Awaited one reply at a time. Raises ScriptsGone."""

    def __init__(self, tap: Tap = no_tap) -> None:
        super().__init__(ScriptsGone, line_octets=LINE_OCTETS, silence_seconds=SILENCE_SECONDS)
        self._tap = tap

    def send(self, line: bytes, *, shown_as: str = "") -> None:
        """A command with its literals; the tap gets `shown_as`, or the line. Raises ScriptsGone."""
        self.write(line)
        self._tap("C", shown_as or shown(line))

    async def words(self, *, secret: bool = False) -> list[Word]:
        """The words of the next line, literals read with it. Raises ScriptsGone."""
        found: list[Word] = []
        while True:
            line = await self.line()
            self._tap("S", MASK if secret else shown(line))
            literal = _LITERAL_AT_END.search(line)
            found += _words_of(line[: literal.start()] if literal else line)
            if len(found) > MOST_WORDS:
                raise self.cut("the server sent a line of too many words")
            if literal is None:
                return found
            if int(literal[1]) > LITERAL_OCTETS:
                raise self.cut(f"the server wants to send {int(literal[1])} octets at once")
            found.append(Word(await self.octets(int(literal[1]))))


def _words_of(line: bytes) -> list[Word]:
    """What cannot be read ends the line."""
    found: list[Word] = []
    position = 0
    while (match := _WORD.match(line, position)) is not None:
        position = match.end()
        if match[1] is not None:
            found.append(Word(_ESCAPED.sub(rb"\1", match[1])))
        else:
            found.append(Word(match[2] or match[3], is_bare=True))
    return found
