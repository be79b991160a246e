"""POP3's commands: their arguments, and the states they are legal in (RFC 1939, RFC 2449, RFC 5034, RFC 2595)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """RFC 1939 §3; the value is what error replies call it."""

    AUTHORIZATION = "AUTHORIZATION"
    TRANSACTION = "TRANSACTION"
    CLOSED = "CLOSED"


class BadArguments(Exception):
    """The arguments are not what the command takes."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """One command; `read` turns the text after its name into arguments, or raises BadArguments."""

    states: frozenset[State]
    read: Callable[[bytes], tuple[object, ...]]
    secret: bool = False


def _nothing(text: bytes) -> tuple[object, ...]:
    if text.strip():
        raise BadArguments("this command takes no argument")
    return ()


def _text(text: bytes) -> tuple[object, ...]:
    """Everything after one space: passwords may hold spaces (RFC 1939 §7)."""
    if not text:
        raise BadArguments("an argument is missing")
    return (text,)


def _number(word: bytes) -> int:
    if not word.isdigit() or len(word) > 10:
        raise BadArguments("a message number is digits")
    return int(word)


def _message(text: bytes) -> tuple[object, ...]:
    words = text.split()
    if len(words) != 1:
        raise BadArguments("one message number is needed")
    return (_number(words[0]),)


def _maybe_message(text: bytes) -> tuple[object, ...]:
    return _message(text) if text.strip() else (None,)


def _top(text: bytes) -> tuple[object, ...]:
    words = text.split()
    if len(words) != 2:
        raise BadArguments("a message number and a count of lines are needed")
    return _number(words[0]), _number(words[1])


def _auth(text: bytes) -> tuple[object, ...]:
    """Mechanism and initial response; None for what is not there (RFC 5034 §4)."""
    words = text.split()
    if len(words) > 2:
        raise BadArguments("a mechanism and an initial response are all it takes")
    mechanism = words[0].decode("latin-1").upper() if words else None
    return mechanism, words[1] if len(words) == 2 else None


_BEFORE = frozenset((State.AUTHORIZATION,))
_AFTER = frozenset((State.TRANSACTION,))
_BOTH = _BEFORE | _AFTER

COMMANDS: dict[str, Syntax] = {
    "USER": Syntax(_BEFORE, _text),
    "PASS": Syntax(_BEFORE, _text, secret=True),
    "AUTH": Syntax(_BEFORE, _auth, secret=True),
    "UTF8": Syntax(_BEFORE, _nothing),
    "STLS": Syntax(_BEFORE, _nothing),
    "CAPA": Syntax(_BOTH, _nothing),
    "QUIT": Syntax(_BOTH, _nothing),
    "STAT": Syntax(_AFTER, _nothing),
    "LIST": Syntax(_AFTER, _maybe_message),
    "UIDL": Syntax(_AFTER, _maybe_message),
    "RETR": Syntax(_AFTER, _message),
    "TOP": Syntax(_AFTER, _top),
    "DELE": Syntax(_AFTER, _message),
    "NOOP": Syntax(_AFTER, _nothing),
    "RSET": Syntax(_AFTER, _nothing),
}
