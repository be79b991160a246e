"""IMAP: appending, logging in, waiting in IDLE: ours beside Dovecot on Maildir or mdbox. As root.

python tests/bench/access.py [--runs 3] [--idle 1000] [--peer maildir|mdbox]
"""

import argparse
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from fetch import Counter
from figures import scratch, show
from ours import OurServer
from peers import Dovecot, descendants

LETTER = b"From: a@example.org\r\nTo: bench@example.test\r\nSubject: hello\r\n\r\n" + (b"x" * 76 + b"\r\n") * 64
APPENDS, LOGINS, NOTICES = 400, 200, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--peer", choices=("maildir", "mdbox"), default="maildir")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(scratch()))
        ours = stack.enter_context(OurServer(folder / "ours"))
        dovecot = stack.enter_context(Dovecot(folder / "dovecot", options.peer))
        rows: tuple[tuple[str, str, bool, Callable[[int], float]], ...] = (
            ("APPEND of 5 kB, 1 connection", "msg/s", True, lambda port: _appends(port, 1)),
            ("APPEND of 5 kB, 8 connections", "msg/s", True, lambda port: _appends(port, 8)),
            ("LOGIN, SELECT, LOGOUT", "a second", True, _logins),
            ("from APPEND's OK to the line in IDLE", "ms", False, _notice),
        )
        for title, unit, better, work in rows:
            mine = [work(ours.ports["imap"]) for _ in range(options.runs)]
            theirs = [work(dovecot.imap) for _ in range(options.runs)]
            show(title, mine, theirs, unit, "dovecot", more_is_better=better)
        mine = [_memory(ours.ports["imap"], ours.pid, options.idle)]
        theirs = [_memory(dovecot.imap, dovecot.pid, options.idle)]
        show(
            f"memory of {options.idle} connections in IDLE",
            mine,
            theirs,
            "kB each",
            "dovecot",
            more_is_better=False,
        )


def _appends(port: int, connections: int) -> float:
    """Messages a second, every client waiting for each OK."""
    clients = [Counter(port, "bench") for _ in range(connections)]

    def work(client: Counter) -> None:
        for _ in range(APPENDS // connections):
            client.append("INBOX", LETTER)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    for client in clients:
        client.close()
    return APPENDS / seconds


def _logins(port: int) -> float:
    """Whole sessions a second, one after the other."""
    start = time.perf_counter()
    for _ in range(LOGINS):
        client = Counter(port, "bench")
        client.run("SELECT INBOX")
        client.run("LOGOUT")
        client.close()
    return LOGINS / (time.perf_counter() - start)


def _notice(port: int) -> float:
    """Milliseconds from the writer's OK until the waiting client has read EXISTS: the mean of some, next to
    nothing when it was there before the OK."""
    waiting, writing = Counter(port, "bench"), Counter(port, "bench")
    waiting.run("SELECT INBOX")
    waiting.idle()
    total = 0.0
    for _ in range(NOTICES):
        writing.append("INBOX", LETTER)
        start = time.perf_counter()
        waiting.read_until(b"EXISTS")
        total += time.perf_counter() - start
    waiting.close()
    writing.close()
    return total / NOTICES * 1000


def _memory(port: int, pid: int, connections: int) -> float:
    """Kilobytes (PSS of the whole process tree) that each waiting connection adds."""
    before = _pss(pid)
    clients = []
    for _ in range(connections):
        client = Counter(port, "bench")
        client.run("SELECT INBOX")
        client.idle()
        clients.append(client)
    time.sleep(1)
    added = _pss(pid) - before
    for client in clients:
        client.close()
    return added / connections


def _pss(pid: int) -> float:
    """Proportional set size of a process tree in kilobytes."""
    total = 0
    for process in descendants(pid):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return float(total)


if __name__ == "__main__":
    main()
