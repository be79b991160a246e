"""ManageSieve's commands: their arguments, and the states they are legal in (RFC 5804 §2)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class State(Enum):
    """The value is what error replies call it."""

    BEFORE_LOGIN = "before the login"
    AFTER_LOGIN = "after the login"
    CLOSED = "after the end"


class BadArguments(Exception):
    """The arguments are not what the command takes."""


class Kind(Enum):
    STRING = "a string"
    NUMBER = "a number"


Argument = bytes | int


@dataclass(frozen=True, slots=True)
class Syntax:
    """One command; of its `arguments` the last `optional` may be left out."""

    states: frozenset[State]
    arguments: tuple[Kind, ...] = ()
    optional: int = 0
    secret: bool = False

    def check(self, arguments: tuple[Argument, ...]) -> None:
        """Raises BadArguments."""
        kinds = tuple(Kind.NUMBER if isinstance(argument, int) else Kind.STRING for argument in arguments)
        least = len(self.arguments) - self.optional
        if not least <= len(kinds) or kinds != self.arguments[: len(kinds)]:
            wanted = ", then ".join(kind.value for kind in self.arguments) or "no argument"
            raise BadArguments(f"this command takes {wanted}")


_BEFORE: Final = frozenset((State.BEFORE_LOGIN,))
_AFTER: Final = frozenset((State.AFTER_LOGIN,))
_BOTH: Final = _BEFORE | _AFTER
_S, _N = Kind.STRING, Kind.NUMBER

COMMANDS: Final[dict[str, Syntax]] = {
    "AUTHENTICATE": Syntax(_BEFORE, (_S, _S), optional=1, secret=True),
    "STARTTLS": Syntax(_BEFORE),
    "LOGOUT": Syntax(_BOTH),
    "CAPABILITY": Syntax(_BOTH),
    "NOOP": Syntax(_BOTH, (_S,), optional=1),
    "UNAUTHENTICATE": Syntax(_AFTER),
    "HAVESPACE": Syntax(_AFTER, (_S, _N)),
    "PUTSCRIPT": Syntax(_AFTER, (_S, _S)),
    "LISTSCRIPTS": Syntax(_AFTER),
    "SETACTIVE": Syntax(_AFTER, (_S,)),
    "GETSCRIPT": Syntax(_AFTER, (_S,)),
    "DELETESCRIPT": Syntax(_AFTER, (_S,)),
    "RENAMESCRIPT": Syntax(_AFTER, (_S, _S)),
    "CHECKSCRIPT": Syntax(_AFTER, (_S,)),
}

_WORD: Final = re.compile(rb'[A-Za-z]+(?= |\Z)|([0-9]{1,10})(?= |\Z)|"((?:[^"\\\x00\r\n]|\\["\\])*+)"(?= |\Z)')
_LITERAL: Final = re.compile(rb"\{([0-9]{1,20})(\+?)\}\Z")
_ESCAPED: Final = re.compile(rb'\\(["\\])')


def literal_at(line: bytes, position: int) -> tuple[int, bool] | None:
    """The size of the literal that is announced there, and whether it comes without being asked for."""
    match = _LITERAL.match(line, position)
    return (int(match[1]), bool(match[2])) if match else None


def word_at(line: bytes, position: int) -> tuple[bytes | int, bool, int]:
    """A name, number or quoted string; whether it is a bare name; where the next begins. Raises BadArguments."""
    match = _WORD.match(line, position)
    if match is None:
        raise BadArguments("names, numbers, and strings in quotes or as literals {n+}, one space between them")
    end = match.end() + 1
    if match[1] is not None:
        return int(match[1]), False, end
    if match[2] is not None:
        return _ESCAPED.sub(rb"\1", match[2]), False, end
    return match[0], True, end
