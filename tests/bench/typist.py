"""Somebody who types at a full-screen program in a pseudo-terminal and looks at a clock."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path
from types import TracebackType

ANSI = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78cM]")
ROWS, COLUMNS = 38, 118  # just too small for a preview, which would open the message before its key


class Typist:
    """`with Typist(command) as typist:`; the program is killed at the end."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        self._pid, self.terminal = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            settings = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})}
            os.execvpe(command[0], command, {**os.environ, **settings})

    def __enter__(self) -> "Typist":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.terminal)

    def wait_for(self, pattern: bytes, seconds: float = 120.0) -> float:
        """→ the moment the pattern was on the screen."""
        seen, ends = b"", time.perf_counter() + seconds
        while time.perf_counter() < ends:
            data = self._read(0.05)
            seen = (seen + data)[-200_000:]
            if data and re.search(pattern, ANSI.sub(b"", seen), re.DOTALL):
                return time.perf_counter()
        raise RuntimeError(f"{pattern!r} never showed: {ANSI.sub(b'', seen)[-500:]!r}")

    def settle(self, quiet_seconds: float) -> float:
        """Until nothing was drawn for so long → the moment of the last octet."""
        last = time.perf_counter()
        while time.perf_counter() - last < quiet_seconds:
            if self._read(0.01):
                last = time.perf_counter()
        return last

    def press(self, keys: str, *, quiet_seconds: float = 0.2) -> None:
        """Type, and wait until the screen is quiet."""
        os.write(self.terminal, keys.encode())
        self.settle(quiet_seconds)

    def time_to(self, keys: str, pattern: bytes) -> float:
        """Seconds from the keys to the pattern."""
        start = time.perf_counter()
        os.write(self.terminal, keys.encode())
        return self.wait_for(pattern) - start

    def time_of(self, keys: str) -> float:
        """Seconds from the keys to the last octet they caused."""
        start = time.perf_counter()
        os.write(self.terminal, keys.encode())
        while not (data := self._read(0.05)):
            if time.perf_counter() - start > 30:
                raise RuntimeError(f"{keys!r} draws nothing")
        return self.settle(0.1) - start if data else 0.0

    def peak_megabytes(self) -> float:
        """The most memory the program held so far."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def _read(self, seconds: float) -> bytes:
        if not select.select([self.terminal], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.terminal, 65_536)
        except OSError:
            return b""
        if b"\x1b[6n" in data:
            os.write(self.terminal, b"\x1b[1;1R")
        return data
