"""A full-screen program in a pseudo-terminal of 120x40: started, waited for, typed at, its latencies taken."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ANSI = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78cM]")
ROWS, COLUMNS = 40, 120
QUIET_SECONDS = 0.3


class Terminal:
    """Use as a context manager; leaving it sends `quit_keys`, then kills what stays."""

    def __init__(self, command: Sequence[str], quit_keys: bytes = b"q") -> None:
        self._quit_keys = quit_keys
        self.started = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(command[0], list(command), {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        self._name = command[0]
        self._seen = b""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.type(self._quit_keys)
        deadline = time.perf_counter() + 20
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.perf_counter() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            self._read(0.05)
        os.close(self._terminal)

    def type(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def wait(self, pattern: str, seconds: float = 900.0, *, keep: bool = False) -> float:
        """Until the output since the last call matches → the moment, in perf_counter seconds. `keep` leaves it to
        the next call."""
        wanted = re.compile(pattern.encode())
        begun = time.perf_counter()
        while not wanted.search(ANSI.sub(b"", self._seen)):
            if time.perf_counter() - begun > seconds:
                raise RuntimeError(f"{self._name}: no {pattern!r} in {ANSI.sub(b'', self._seen)[-600:]!r}")
            self._read(0.2)
        if not keep:
            self._seen = b""
        return time.perf_counter()

    def settle(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        """Until nothing is drawn any more."""
        last = time.perf_counter()
        while time.perf_counter() - last < quiet_seconds:
            if self._read(quiet_seconds / 4):
                last = time.perf_counter()
        self._seen = b""

    def latency(self, keys: bytes, quiet_seconds: float = 0.04) -> float:
        """Seconds from the key to the last octet that it draws."""
        begun = time.perf_counter()
        self.type(keys)
        while not self._read(1.0):
            if time.perf_counter() - begun > 10:
                return 10.0
        last = time.perf_counter()
        while self._read(quiet_seconds):
            last = time.perf_counter()
        self._seen = b""
        return last - begun

    def took(self, keys: bytes, pattern: str, seconds: float = 300.0) -> float:
        """Seconds from the keys until the screen matches."""
        self.settle()
        begun = time.perf_counter()
        self.type(keys)
        return self.wait(pattern, seconds) - begun

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:
            time.sleep(0.01)
            return False
        if b"\x1b[6n" in data:
            os.write(self._terminal, b"\x1b[1;1R")
        self._seen = (self._seen + data)[-200_000:]
        return True


def memory_megabytes(*words: str) -> float:
    """Proportional set size of every process whose command line holds all of `words`."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            rollup = (entry / "smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
        if all(word in line for word in words) and found:
            total += int(found[1])
    return total / 1024
