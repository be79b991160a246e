"""The trace of a run: line by line what was tested, with which values, and what was done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step. `text` is the command or test as written, `outcome` what came of it ("true", "false", "taken",
    "not taken", or what an action did), `values` what was compared. `depth` counts tests and blocks around."""

    script: str
    line: int
    depth: int
    text: str
    outcome: str
    values: tuple[str, ...] = ()


class Tracer:
    """Collects the trace of a run; `most` bounds it."""

    def __init__(self, most: int = 10_000) -> None:
        self.lines: list[TraceLine] = []
        self.depth = 0
        self._most = most

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """What is noted meanwhile stands further in."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def note(self, script: str, line: int, text: str, outcome: str, values: tuple[str, ...] = ()) -> None:
        if len(self.lines) < self._most:
            self.lines.append(TraceLine(script, line, self.depth, text, outcome, values))
