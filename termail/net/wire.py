"""The wire tap: lines of protocol dialogue, secrets masked, for the classroom and for transcripts."""

from collections.abc import Callable
from typing import Final

Tap = Callable[[str, str], None]
"""Called with "C" or "S" and one line of dialogue."""

LINE_LIMIT: Final = 500
MASK: Final = "****"


def no_tap(direction: str, text: str) -> None:
    """Nobody listens."""


def shown(line: bytes) -> str:
    """A line as the tap gives it: bounded, control characters escaped."""
    text = line[:LINE_LIMIT].decode("utf-8", "backslashreplace")
    text = "".join(entry if entry.isprintable() else _escaped(entry) for entry in text)
    return text if len(line) <= LINE_LIMIT else f"{text} … ({len(line)} octets)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
