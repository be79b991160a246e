"""The protocol dialogue the wire pane shows: paused, stepped, or of one account alone."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

KEPT_LINES = 2000


class Spoken(Protocol):
    """What a line of dialogue must tell."""

    @property
    def account(self) -> str: ...


_Line = TypeVar("_Line", bound=Spoken)


def _kept() -> "deque[_Line]":
    return deque(maxlen=KEPT_LINES)


@dataclass(slots=True)
class Dialogue(Generic[_Line]):
    """`account` "" means all. While paused, what is said waits; the oldest goes when too much waits."""

    said: deque[_Line] = field(default_factory=_kept)
    waiting: deque[_Line] = field(default_factory=_kept)
    is_paused: bool = False
    account: str = ""

    def add(self, line: _Line) -> bool:
        """Another line → whether it shows at once."""
        if self.is_paused:
            self.waiting.append(line)
            return False
        self.said.append(line)
        return self._concerns(line)

    def toggle_pause(self) -> None:
        """Hold the dialogue, or let go what waited."""
        self.is_paused = not self.is_paused
        if not self.is_paused:
            self.said.extend(self.waiting)
            self.waiting.clear()

    def step(self) -> bool:
        """One more line of what waits; pauses when it was running. False when nothing waits."""
        self.is_paused = True
        while self.waiting:
            line = self.waiting.popleft()
            self.said.append(line)
            if self._concerns(line):
                return True
        return False

    def next_account(self, accounts: list[str]) -> None:
        """All, then one after the other."""
        choices = ["", *accounts]
        at = choices.index(self.account) if self.account in choices else 0
        self.account = choices[(at + 1) % len(choices)]

    def shown(self) -> list[_Line]:
        """What the pane shows now."""
        return [line for line in self.said if self._concerns(line)]

    def _concerns(self, line: _Line) -> bool:
        return not self.account or line.account == self.account
