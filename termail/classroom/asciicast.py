"""A recording of the terminal in asciicast v2, as asciinema plays it: a header line, then one line an event."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


class Asciicast:
    """Every `write` is an event at its time. Made for one file that is not there yet (0600). Raises OSError."""

    def __init__(
        self, path: Path, columns: int, rows: int, *, title: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._file: IO[str] = os.fdopen(descriptor, "w", encoding="utf-8")
        self._clock = clock
        self._began = clock()
        self.path = path
        self.events = 0
        header = {
            "version": 2,
            "width": columns,
            "height": rows,
            "timestamp": int(time.time()),
            "title": title,
            "env": {"TERM": "xterm-256color"},
        }
        self._file.write(json.dumps(header) + "\n")

    def write(self, text: str) -> None:
        """What goes to the terminal."""
        self._event("o", text)

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size."""
        self._event("r", f"{columns}x{rows}")

    def mark(self, label: str) -> None:
        """A place to jump to: a step of the lesson."""
        self._event("m", label)

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()

    def _event(self, kind: str, text: str) -> None:
        if not self._file.closed:
            self.events += 1
            self._file.write(json.dumps([round(self._clock() - self._began, 6), kind, text]) + "\n")
