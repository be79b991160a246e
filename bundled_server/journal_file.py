"""The journal's file: JSON lines, buffered, and begun anew when it has grown too long."""

import logging
import os
from pathlib import Path
from typing import IO

BUFFER_OCTETS = 262_144

logger = logging.getLogger(__name__)


class JournalFile:
    """Appends lines to `path`; at `limit_octets` the file becomes `path`.1 and a new one begins. Trouble with the
    disk is told once and never stops the mail."""

    def __init__(self, path: Path, limit_octets: int) -> None:
        self._path = path
        self._limit_octets = limit_octets
        self._octets = 0
        self._in_trouble = False
        self._file: IO[bytes] | None = None
        self._lines: list[bytes] = []
        self._open()

    def append(self, line: bytes) -> None:
        """Add one line, without its line end. Cheap: it reaches the file at the next flush."""
        self._lines.append(line)
        if len(self._lines) >= 1000:
            self.flush()

    def flush(self) -> None:
        """Hand what was collected to the operating system; begin a new file when this one is long enough."""
        if not self._lines:
            return
        data = b"\n".join(self._lines) + b"\n"
        self._lines.clear()
        try:
            if self._file is None:
                self._open()
            if self._file is not None:
                self._file.write(data)
                self._file.flush()
                self._octets += len(data)
                self._in_trouble = False
            if self._octets >= self._limit_octets:
                self._begin_anew()
        except OSError as weather:
            self._tell(weather)

    def close(self) -> None:
        """Write out and close."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "ab", buffering=BUFFER_OCTETS)
            self._octets = self._file.tell()
        except OSError as weather:
            self._tell(weather)

    def _begin_anew(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._open()

    def _tell(self, weather: OSError) -> None:
        if not self._in_trouble:
            logger.warning("the journal cannot be written: %s", weather)
        self._in_trouble = True
