"""IMAP: FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE) over a mailbox, ours beside Dovecot on Maildir.

    python tests/bench/fetch.py MAILDIR [--runs 5]

MAILDIR: a mailbox of some 10,000 messages (it is copied). Needs root and dovecot-imapd.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from figures import scratch, show
from ours import OurServer
from peers import Dovecot

ENVELOPES = "FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
COMMANDS = (("SELECT", ""), ("UID FETCH 1:* (FLAGS)", "UID FETCH 1:* (FLAGS)"), (ENVELOPES, ENVELOPES))


class Counter:
    """An IMAP connection that counts octets and parses nothing, so that it is never the slow side."""

    def __init__(self, port: int, user: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)
        self._number = 0
        self._socket.recv(4096)
        self.run(f"LOGIN {user} pw")

    def run(self, command: str) -> int:
        """Octets of the answer up to and with its tagged OK."""
        self._number += 1
        tag = f"zQ{self._number}X".encode()
        self._socket.sendall(tag + b" " + command.encode() + b"\r\n")
        total, tail = 0, b""
        while True:
            size = self._socket.recv_into(self._buffer)
            if not size:
                raise EOFError(tail)
            total += size
            tail = (tail + bytes(self._buffer[max(0, size - 500) : size]))[-500:]
            last = tail[tail.rfind(b"\r\n", 0, -2) + 2 :] if tail.endswith(b"\r\n") else b""
            if last.startswith(tag):
                if b" OK" not in last:
                    raise RuntimeError(last)
                return total

    def close(self) -> None:
        self._socket.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with scratch() as name:
        folder = Path(name)
        copy = folder / "copy"
        shutil.copytree(options.maildir, copy)
        print(f"{len(os.listdir(copy / 'cur'))} messages")
        with OurServer(folder / "ours"):
            pass
        subprocess.run(
            [sys.executable, "-m", "bundled_server", "import", "--data", str(folder / "ours"), "--user", "bench"]
            + ["--format", "maildir", str(copy)],
            check=True,
        )
        dovecot = Dovecot(folder / "dovecot")
        dovecot.adopt("bench", copy)
        with OurServer(folder / "ours") as ours, dovecot:
            first_ours = _measure(ours.ports["imap"], ENVELOPES, 1)
            first_theirs = _measure(dovecot.imap, ENVELOPES, 1)
            show("first " + ENVELOPES, first_ours, first_theirs, "s", "dovecot", more_is_better=False)
            for title, command in COMMANDS:
                mine = _measure(ours.ports["imap"], command, options.runs)
                theirs = _measure(dovecot.imap, command, options.runs)
                show(title, mine, theirs, "s", "dovecot", more_is_better=False)


def _measure(port: int, command: str, runs: int) -> list[float]:
    """Seconds of each run on a connection of its own; of SELECT itself when `command` is empty."""
    times = []
    for _ in range(runs):
        client = Counter(port, "bench")
        start = time.perf_counter()
        client.run("SELECT INBOX")
        if command:
            start = time.perf_counter()
            client.run(command)
        times.append(time.perf_counter() - start)
        client.close()
    return times


if __name__ == "__main__":
    main()
