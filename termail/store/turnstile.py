"""A fair turn at writing among threads and processes: a short user action never waits behind a long series."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turnstile:
    """SQLite makes waiting writers poll, so a process that commits again and again starves the others.

    Here a writer first takes the door, then the room, and lets the door go: whoever holds the door is next, and a
    writer that comes back finds the door taken. Both are flock(2) locks, which a killed process gives back.
    """

    def __init__(self, path: Path) -> None:
        self._door = os.open(f"{path}.door", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._room = os.open(f"{path}.room", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write; not re-entrant."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._room, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._door)
        os.close(self._room)
