"""The data folder of a host: private, and open in one process at a time."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

LOCK_NAME = "lock"


class FolderError(OSError):
    """The data folder cannot be used; the text says why and what to do."""


class HostFolder:
    """Creates the folder (0700) and holds its lock while open; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def database(self) -> Path:
        return self.path / "host.sqlite"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def domains(self) -> Path:
        return self.path / "domains.json"

    @property
    def rewriting_secret(self) -> Path:
        return self.path / "srs.key"

    @property
    def certificates(self) -> Path:
        return self.path / "tls"

    def open(self) -> None:
        """Make and lock it. Raises FolderError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o700)
            descriptor = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as weather:
            raise FolderError(f"the data folder {self.path} cannot be used: {weather.strerror}") from weather
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise FolderError(
                f"the data folder {self.path} is in use by another server (process {holder or 'unknown'}): "
                "stop it, or choose another --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "HostFolder":
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
