"""Where the agent of a data folder is: its socket, its lock, its log."""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

PATH_LIMIT: Final = 100  # sun_path holds 104 to 108 octets (unix(7))


class NotOurs(Exception):
    """A folder that should be private belongs to somebody else or is open to others."""


class Place:
    """Makes the data folder (0700) when it is not there. Raises NotOurs, OSError."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        _private(self.data)
        self.log = self.data / "agent.log"
        self.store = self.data / "mail.sqlite3"
        self.socket = self.data / "agent.sock"
        if len(os.fsencode(self.socket)) > PATH_LIMIT:
            self.socket = self._short_socket()

    def lock(self) -> "Lock | None":
        """Held by the one agent of this folder; None when another holds it."""
        descriptor = os.open(self.data / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return Lock(descriptor)

    def _short_socket(self) -> Path:
        """For deep data folders: a name made from the folder's, in a folder of this user alone."""
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        base = Path(runtime) if runtime.startswith("/") and len(runtime) < 50 else Path(tempfile.gettempdir())
        folder = base / f"termail-{os.getuid()}"
        _private(folder)
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:24]
        return folder / f"{name}.sock"


class Lock:
    """flock(2): a killed agent gives it back."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next one in."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat(follow_symlinks=True)
    if status.st_uid != os.getuid():
        raise NotOurs(f"{folder} belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)
