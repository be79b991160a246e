"""Time to the first screen of a cached folder, ours beside neomutt with its header cache, in a real terminal.

    python tests/bench/first_screen.py MAILDIR [--runs 5]

Both programs read the same Maildir once to fill their caches; only later starts are measured: from the
start of the process until the last message's line is on the screen.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time
from pathlib import Path

from figures import scratch, show

ANSI = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78cM]")
ROWS, COLUMNS = 40, 120

MUTTRC = """\
set header_cache={cache}
set sort=threads
set sort_aux=last-date-received
set sleep_time=0
set wait_key=no
set quit=yes
set move=no
set mark_old=no
set from=me@example.org
set folder={folder}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    maildir = options.maildir.resolve()
    with scratch() as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        (folder / "muttrc").write_text(MUTTRC.format(cache=folder / "cache", folder=folder))
        neomutt = [shutil.which("neomutt") or "neomutt", "-n", "-F", str(folder / "muttrc"), "-f", str(maildir)]
        ours = [sys.executable, "-m", "termail", "-f", str(maildir)]
        ours += ["--config", str(folder / "config"), "--data", str(folder / "data")]
        ready = _last_line(maildir)
        print(
            f"{len(os.listdir(maildir / 'cur'))} messages; the screen is ready when it matches {ready.pattern!r}"
        )
        print(f"cold: ours {_start(ours, ready)[0]:.2f} s, neomutt {_start(neomutt, ready)[0]:.2f} s")
        mine, theirs = [], []
        for _ in range(options.runs):
            mine.append(_start(ours, ready))
            theirs.append(_start(neomutt, ready))
        for row, title, unit in ((0, "first screen, warm", "s"), (1, "peak memory of the process", "MB")):
            show(
                title,
                [run[row] for run in mine],
                [run[row] for run in theirs],
                unit,
                "neomutt",
                more_is_better=False,
            )


def _last_line(maildir: Path) -> re.Pattern[bytes]:
    """What tells that the newest thread is on the screen: the total in the status bar of either program."""
    count = len(os.listdir(maildir / "cur"))
    return re.compile(rb"Msgs:%d|%s messages" % (count, f"{count:,}".encode()))


def _start(command: list[str], ready: re.Pattern[bytes], seconds: float = 900.0) -> tuple[float, float]:
    """Start, wait until the screen is ready and quiet, quit → (seconds to ready, peak resident megabytes)."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    seen, ready_at, last = b"", 0.0, start
    while not ready_at or time.perf_counter() - last < 0.3:
        if time.perf_counter() - start > seconds:
            os.kill(pid, signal.SIGKILL)
            raise RuntimeError(f"{command[0]} never got ready: {ANSI.sub(b'', seen)[-500:]!r}")
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        data = os.read(terminal, 65_536)
        last = time.perf_counter()
        seen = (seen + data)[-200_000:]
        if b"\x1b[6n" in data:
            os.write(terminal, b"\x1b[1;1R")
        if not ready_at and ready.search(ANSI.sub(b"", seen)):
            ready_at = last
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024  # type: ignore[index]
    os.write(terminal, b"q")
    _drain(pid, terminal)
    return ready_at - start, peak


def _drain(pid: int, terminal: int) -> None:
    """Let the program go: read what it still says until it ends; kill it when it does not."""
    deadline = time.perf_counter() + 20
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.perf_counter() > deadline:
            os.kill(pid, signal.SIGKILL)
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                os.read(terminal, 65_536)
            except OSError:
                time.sleep(0.05)
    os.close(terminal)


if __name__ == "__main__":
    main()
