"""Progress: how far a student has come in each lesson, kept in a file."""

import os
import time
from pathlib import Path

import msgspec


class Mark(msgspec.Struct, frozen=True):
    """How far one lesson is: `step` counts from 0, `finished` is when it was done to the end (epoch seconds)."""

    step: int = 0
    finished: float = 0.0


class Progress:
    """Marks by lesson name in a JSON file; one that cannot be read counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks: dict[str, Mark] = {}
        try:
            self._marks = msgspec.json.decode(path.read_bytes(), type=dict[str, Mark])
        except (OSError, msgspec.MsgspecError):
            self._marks = {}

    def mark(self, name: str) -> Mark:
        return self._marks.get(name, Mark())

    def reached(self, name: str, step: int) -> None:
        """The student stands before this step."""
        self._put(name, msgspec.structs.replace(self.mark(name), step=step))

    def finished(self, name: str) -> None:
        """The lesson is done; the next time it begins at its first step."""
        self._put(name, Mark(0, time.time()))

    def _put(self, name: str, mark: Mark) -> None:
        self._marks[name] = mark
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._marks), indent=1))
        os.replace(fresh, self._path)
