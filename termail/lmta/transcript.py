"""The SMTP dialogue of one attempt, as lines "C: …" and "S: …", kept and passed on to the wire tap."""

from typing import Final

from termail.net.wire import Tap, no_tap

LINES_KEPT: Final = 200


class Transcript:
    """`client` and `server` take what was said; secrets are masked by the caller."""

    def __init__(self, tap: Tap = no_tap) -> None:
        self.tap = tap
        self.lines: list[str] = []

    def client(self, text: str) -> None:
        """What we said."""
        self._say("C", text)

    def server(self, code: int, text: str) -> None:
        """A reply, all of its lines."""
        parts = text.split("\n")
        for at, part in enumerate(parts):
            self._say("S", f"{code}{' ' if at == len(parts) - 1 else '-'}{part}")

    def _say(self, direction: str, text: str) -> None:
        line = "".join(entry if entry.isprintable() else "\ufffd" for entry in text)
        if len(self.lines) < LINES_KEPT:
            self.lines.append(f"{direction}: {line}")
        self.tap(direction, line)
