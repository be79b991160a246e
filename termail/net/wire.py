"""The wire tap: lines of protocol dialogue, secrets masked, for the classroom and for transcripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

Tap = Callable[[str, str], None]
"""Called with "C" or "S" and one line of dialogue."""

LINE_LIMIT: Final = 500
MASK: Final = "****"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a dialogue is for: in words, the operation of the journal (0: none), the message that is sent."""

    words: str = ""
    operation_id: int = 0
    message_id: str = ""


NO_CAUSE: Final = Cause()
CAUSE: Final[ContextVar[Cause]] = ContextVar("cause of what is said on the wire", default=NO_CAUSE)


@contextmanager
def because(cause: Cause) -> Iterator[None]:
    """What this task says meanwhile is said for this."""
    token = CAUSE.set(cause)
    try:
        yield
    finally:
        CAUSE.reset(token)


def no_tap(direction: str, text: str) -> None:
    """Nobody listens."""


def shown(line: bytes) -> str:
    """A line as the tap gives it: bounded, control characters escaped."""
    text = line[:LINE_LIMIT].decode("utf-8", "backslashreplace")
    if not text.isprintable():
        text = "".join(entry if entry.isprintable() else _escaped(entry) for entry in text)
    return text if len(line) <= LINE_LIMIT else f"{text} … ({len(line)} octets)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
