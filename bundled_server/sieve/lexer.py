"""Words of a script (RFC 5228 §8.1): identifiers, tags, numbers, strings, punctuation, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bundled_server.sieve.errors import SieveError

MOST_NUMBER: Final = (1 << 63) - 1
_SCALE: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>\#[^\n]*)
      | (?P<bracketed>/\*)
      | (?P<multiline>text:(?=[ \t]*(?:\#[^\n]*)?\r?(?:\n|\Z)))
      | (?P<identifier>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<tag>:[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9]+(?P<unit>[KMGkmg]?))(?![A-Za-z0-9_])
      | (?P<quote>")
      | (?P<mark>[;,(){}\[\]])""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTED: Final = re.compile(r'((?:[^"\\]|\\.)*+)"', re.S)
_ESCAPED: Final = re.compile(r"\\(.)", re.S)


class Kind(Enum):
    """What a word is; the value is what error messages call it."""

    IDENTIFIER = "a name"
    TAG = "a tag"
    NUMBER = "a number"
    STRING = "a string"
    MARK = "a mark"
    END = "the end of the script"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the name, the tag without colon (both lower case), the string's value, or the mark itself."""

    kind: Kind
    text: str
    line: int
    number: int = 0

    @property
    def shown(self) -> str:
        """For error messages."""
        if self.kind is Kind.END:
            return Kind.END.value
        if self.kind is Kind.STRING:
            return f'the string "{self.text[:20]}{"..." if len(self.text) > 20 else ""}"'
        return f'"{":" if self.kind is Kind.TAG else ""}{self.text}"'


def tokens(script: str) -> Iterator[Token]:
    """All words, the last of kind END. Raises SieveError."""
    position, line = 0, 1
    if "\0" in script:
        raise SieveError(script.count("\n", 0, script.index("\0")) + 1, "a NUL character is not allowed")
    while position < len(script):
        match = _TOKEN.match(script, position)
        if match is None:
            raise SieveError(line, f"the character {script[position]!r} cannot stand here; strings need quotes")
        begun = line
        token, position = _read(script, match, begun)
        line += script.count("\n", match.start(), position)
        if token is not None:
            yield token
    yield Token(Kind.END, "", line)


def _read(script: str, match: re.Match[str], line: int) -> tuple[Token | None, int]:
    """The token that the match begins, None for space and comments, and where it ends."""
    if match["bracketed"]:
        end = script.find("*/", match.end())
        if end < 0:
            raise SieveError(line, "this comment is not closed: write */ at its end")
        return None, end + 2
    if match["quote"]:
        return _quoted(script, match.end(), line)
    if match["multiline"]:
        return _multiline(script, match.end(), line)
    if match["identifier"]:
        return Token(Kind.IDENTIFIER, match["identifier"].lower(), line), match.end()
    if match["tag"]:
        return Token(Kind.TAG, match["tag"][1:].lower(), line), match.end()
    if match["number"]:
        return _number(match, line), match.end()
    return (Token(Kind.MARK, match["mark"], line) if match["mark"] else None), match.end()


def _number(match: re.Match[str], line: int) -> Token:
    unit = match["unit"].upper()
    digits = match["number"].rstrip("KMGkmg")
    value = int(digits) * _SCALE[unit] if len(digits) < 20 else MOST_NUMBER + 1
    if value > MOST_NUMBER:
        raise SieveError(line, f"the number is too large: {MOST_NUMBER} is the most")
    return Token(Kind.NUMBER, match["number"], line, value)


def _quoted(script: str, start: int, line: int) -> tuple[Token, int]:
    match = _QUOTED.match(script, start)
    if match is None:
        raise SieveError(line, "this string is not closed: a quotation mark is missing at its end")
    text = _ESCAPED.sub(r"\1", match[1]) if "\\" in match[1] else match[1]
    return Token(Kind.STRING, _with_crlf(text), line), match.end()


def _multiline(script: str, start: int, line: int) -> tuple[Token, int]:
    """`text:` up to the line that is a dot alone; dots at the start of lines are doubled (§2.4.2)."""
    begin = script.find("\n", start) + 1
    if begin:
        lines: list[str] = []
        position = begin
        while position < len(script):
            end = script.find("\n", position)
            end = len(script) if end < 0 else end
            text = script[position:end].removesuffix("\r")
            position = min(end + 1, len(script))
            if text == ".":
                return Token(Kind.STRING, "".join(f"{each}\r\n" for each in lines), line), position
            lines.append(text[1:] if text.startswith(".") else text)
    raise SieveError(line, "this text: block is not closed: a line with a single dot is missing at its end")


def _with_crlf(text: str) -> str:
    """Line ends in strings are CRLF, however the file was saved."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\n" in text else text
