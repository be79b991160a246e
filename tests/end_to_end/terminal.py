"""A pseudo-terminal with a person in front of it: types keys, and looks at the screen until something shows."""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence

import pyte

_PRIVATE_SGR = re.compile(rb"\x1b\[[<=>?][0-9;]*m")  # key modes of xterm, which pyte takes for colours

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "pgdn": "\x1b[6~",
    "pgup": "\x1b[5~",
    "backspace": "\x7f",
}


class ScreenNeverShowed(AssertionError):
    """The text did not appear in time; the message holds the screen as it was."""


class Terminal:
    """One program on a terminal of `columns` x `rows`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        columns: int = 100,
        rows: int = 30,
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.exit_code: int | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            settings = {**os.environ, **(environment or {})}
            settings.update(TERM="xterm-256color", COLUMNS=str(columns), LINES=str(rows), LC_ALL="C.UTF-8")
            try:
                os.execvpe(command[0], list(command), settings)
            finally:
                os._exit(127)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Type keys one after the other: names of KEYS, or text as it is."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())
            self._pump(0.02)

    def wait_for(self, *texts: str, seconds: float = 60.0, gone: Sequence[str] = ()) -> str:
        """The screen, as soon as it shows every text and none of `gone`."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.text
            if all(text in screen for text in texts) and not any(text in screen for text in gone):
                return screen
            if time.monotonic() > deadline or self.exit_code is not None:
                raise ScreenNeverShowed(f"waited for {texts!r} (gone: {gone!r}); exit {self.exit_code}\n{screen}")
            self._pump(0.1)

    def wait_for_exit(self, seconds: float = 60.0) -> int:
        """The exit code of the program."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None:
            if time.monotonic() > deadline:
                raise ScreenNeverShowed(f"the program did not end\n{self.text}")
            self._pump(0.1)
        return self.exit_code

    def close(self) -> None:
        """End the program whatever it does."""
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.exit_code = -9
        os.close(self._fd)

    def _pump(self, seconds: float) -> None:
        """Feed what the program printed within `seconds` to the screen, and answer its questions."""
        readable, _, _ = select.select([self._fd], [], [], seconds)
        if readable:
            try:
                data = os.read(self._fd, 65_536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if data:
                self._stream.feed(_PRIVATE_SGR.sub(b"", data))
                if b"\x1b[6n" in data:
                    os.write(self._fd, b"\x1b[1;1R")
                return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.exit_code = os.waitstatus_to_exitcode(status)
