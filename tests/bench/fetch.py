"""IMAP and POP3 commands over one mailbox, ours beside Dovecot on Maildir or mdbox: seconds for each.

    python tests/bench/fetch.py MAILDIR [--runs 5] [--peer maildir|mdbox] [--light]

MAILDIR: a mailbox of some 10,000 messages or more (it is copied); mailbox.py makes one. `--light` leaves out what
moves every octet of it (BODY[], STORE, COPY, RETR): for 100,000 messages. Needs root and dovecot-imapd.
"""

import argparse
import asyncio
import os
import poplib
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from figures import scratch, show
from ours import OurServer
from peers import Dovecot

from bundled_server.host.folder import HostFolder
from bundled_server.mailbox.sqlite_store import SqliteStore

ENVELOPES = "FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
INDEX_FIELDS = "DATE FROM TO CC SUBJECT MESSAGE-ID REFERENCES IN-REPLY-TO CONTENT-TYPE LIST-POST X-LABEL"
THREADS = "THREAD REFERENCES UTF-8 ALL"
WHOLE_MESSAGES = "FETCH 1:* (BODY.PEEK[])"
COMMANDS = (
    "",
    "UID FETCH 1:* (FLAGS)",
    ENVELOPES,
    "FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
    f"UID FETCH 1:* (FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({INDEX_FIELDS})])",
    WHOLE_MESSAGES,
    "SORT (DATE) UTF-8 ALL",
    THREADS,
    "SEARCH UNSEEN",
    "SEARCH FROM brian",
    "SEARCH FROM grace",
    "SEARCH SUBJECT meeting",
    "SEARCH SUBJECT redes",
    "SEARCH BODY elephant",
    "SEARCH BODY xylophone",
    "SEARCH TEXT elephant",
    'SEARCH TEXT "xylophone is"',
)
"""Run on a fresh connection each; the empty one is SELECT itself."""


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
            tail = (tail + bytes(self._buffer[max(0, size - 4096) : size]))[-4096:]
            last = tail[:-2].rpartition(b"\r\n")[2] if tail.endswith(b"\r\n") else b""
            if last.startswith(tag):
                if b" OK" not in last:
                    raise RuntimeError(last)
                return total

    def append(self, mailbox: str, message: bytes) -> None:
        """APPEND with a literal that need not be asked for (RFC 7888)."""
        self._number += 1
        tag = f"zQ{self._number}X".encode()
        self._socket.sendall(b"%b APPEND %b {%d+}\r\n%b\r\n" % (tag, mailbox.encode(), len(message), message))
        self.read_until(tag + b" OK")

    def idle(self) -> None:
        """Begin to wait for news."""
        self._socket.sendall(b"zQi IDLE\r\n")
        self.read_until(b"+ ")

    def read_until(self, words: bytes) -> None:
        """Read on until these words came, and the rest of their line."""
        seen = b""
        while words not in seen or not seen.endswith(b"\r\n"):
            data = self._socket.recv(65_536)
            if not data:
                raise EOFError(seen[-200:])
            seen += data

    def close(self) -> None:
        self._socket.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", choices=("maildir", "mdbox"), default="maildir")
    parser.add_argument("--light", action="store_true", help="without what moves every octet")
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
        asyncio.run(_index(folder / "ours"))
        dovecot = Dovecot(folder / "dovecot", options.peer)
        if options.peer == "maildir":
            dovecot.adopt("bench", copy)
        with OurServer(folder / "ours") as ours, dovecot:
            if options.peer != "maildir":
                dovecot.take_in("bench", copy)
            _compare_imap(ours.ports["imap"], dovecot.imap, options)
            if not options.light:
                mine = [_retrieve(ours.ports["pop3"]) for _ in range(options.runs)]
                theirs = [_retrieve(dovecot.pop3) for _ in range(options.runs)]
                show("POP3: RETR of every message", mine, theirs, "s", "dovecot", more_is_better=False)


def _compare_imap(ours: int, theirs: int, options: argparse.Namespace) -> None:
    """Row after row; the first three cost what nobody has asked for before."""
    for command in ("", ENVELOPES, THREADS):
        title = "first " + (command or "SELECT")
        show(title, _measure(ours, command, 1), _measure(theirs, command, 1), "s", "dovecot", more_is_better=False)
    for command in COMMANDS:
        if not (options.light and command == WHOLE_MESSAGES):
            mine, others = (_measure(port, command, options.runs) for port in (ours, theirs))
            show(command or "SELECT", mine, others, "s", "dovecot", more_is_better=False)
    for title, work in (("STORE 1:* +FLAGS, then -FLAGS", _store), ("COPY 1:*", _copy)):
        if not options.light:
            mine, others = ([work(port) for _ in range(options.runs)] for port in (ours, theirs))
            show(title, mine, others, "s", "dovecot", more_is_better=False)


async def _index(data: Path) -> None:
    """What a server does in its idle moments, now: the measured one has had them."""
    store = SqliteStore(HostFolder(data).database)
    await store.open()
    start = time.process_time()
    await store.catch_up()
    await store.close()
    with closing(sqlite3.connect(HostFolder(data).database)) as database:
        sql = "SELECT SUM(LENGTH(words) + LENGTH(starts) + LENGTH(postings)) FROM vocabularies"
        (index,) = database.execute(sql).fetchone()
        (mail,) = database.execute("SELECT SUM(size_octets) FROM contents").fetchone()
    seconds = time.process_time() - start
    print(f"index: {index / 1e6:,.1f} MB for {mail / 1e6:,.1f} MB of mail, {seconds:.1f} s of CPU", flush=True)


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


def _store(port: int) -> float:
    """Mark every message, and take the mark away."""
    client = Counter(port, "bench")
    client.run("SELECT INBOX")
    start = time.perf_counter()
    client.run("STORE 1:* +FLAGS.SILENT (\\Flagged)")
    client.run("STORE 1:* -FLAGS.SILENT (\\Flagged)")
    seconds = time.perf_counter() - start
    client.close()
    return seconds


def _copy(port: int) -> float:
    """Copy every message into a new mailbox, which goes afterwards."""
    client = Counter(port, "bench")
    client.run("CREATE Copies")
    client.run("SELECT INBOX")
    start = time.perf_counter()
    client.run("COPY 1:* Copies")
    seconds = time.perf_counter() - start
    client.run("DELETE Copies")
    client.close()
    return seconds


def _retrieve(port: int) -> float:
    """Every message by POP3, one after the other, nothing pipelined."""
    client = poplib.POP3("127.0.0.1", port, timeout=300)
    client.user("bench")
    client.pass_("pw")
    count = client.stat()[0]
    start = time.perf_counter()
    for number in range(1, count + 1):
        client.retr(number)
    seconds = time.perf_counter() - start
    client.quit()
    return seconds


if __name__ == "__main__":
    main()
