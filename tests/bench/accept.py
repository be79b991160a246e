"""SMTP: messages accepted and delivered a second, ours beside Postfix, which delivers to a Maildir itself or hands
over to Dovecot by LMTP. All durable. Needs root, postfix and dovecot-lmtpd.

python tests/bench/accept.py [--messages 5000] [--runs 3]
"""

import argparse
import imaplib
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from figures import scratch, show
from ours import OurServer
from peers import Dovecot, Postfix, cpu_seconds

WAYS = (
    ("20 sessions, connections reused", ("-s", "20", "-d")),
    ("1 session, connection reused", ("-s", "1", "-d")),
    ("20 sessions, a new connection for each message", ("-s", "20")),
)
FIGURES = (
    (0, "accepted", "msg/s", True),
    (1, "accepted and in the mailbox", "msg/s", True),
    (2, "CPU a message", "ms", False),
)


@dataclass(frozen=True, slots=True)
class Side:
    """A server to measure: its port, the processes whose CPU counts, and how many messages can be read there."""

    name: str
    port: int
    pids: tuple[int, ...]
    readable: Callable[[], int]

    def cpu_seconds(self) -> float:
        return sum(map(cpu_seconds, self.pids))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(scratch()))
        ours = _ours(stack, folder)
        alone = _postfix(stack, folder)
        with_dovecot = _postfix_and_dovecot(stack, folder)
        sides = (ours, alone, with_dovecot)
        for title, flags in WAYS:
            # in turn, so that whatever else the machine does meanwhile meets everybody
            rounds = [[_burst(side, flags, options.messages) for side in sides] for _ in range(options.runs)]
            for number, peer in enumerate(sides[1:], 1):
                for row, what, unit, better in FIGURES:
                    mine = [results[0][row] for results in rounds]
                    theirs = [results[number][row] for results in rounds]
                    show(f"{what}: {title}", mine, theirs, unit, peer.name, more_is_better=better)


def _ours(stack: ExitStack, folder: Path) -> Side:
    server = stack.enter_context(OurServer(folder / "ours"))

    def readable() -> int:
        with imaplib.IMAP4("127.0.0.1", server.ports["imap"]) as client:
            client.login("alice", "pw")
            return int(client.select("INBOX", readonly=True)[1][0])

    return Side("ours", server.ports["smtp"], (server.pid,), readable)


def _postfix(stack: ExitStack, folder: Path) -> Side:
    postfix = stack.enter_context(Postfix(folder / "postfix"))
    return Side("postfix", postfix.port, (postfix.pid,), postfix.delivered)


def _postfix_and_dovecot(stack: ExitStack, folder: Path) -> Side:
    dovecot = stack.enter_context(Dovecot(folder / "dovecot"))
    postfix = stack.enter_context(Postfix(folder / "postfix-lmtp", f"lmtp:inet:127.0.0.1:{dovecot.lmtp}"))
    pids = (postfix.pid, dovecot.pid)
    return Side("postfix+dovecot", postfix.port, pids, lambda: dovecot.delivered("alice@example.test"))


def _burst(side: Side, flags: tuple[str, ...], messages: int) -> tuple[float, float, float]:
    """One run of smtp-source → messages accepted a second, readable a second, CPU milliseconds a message."""
    before, busy, start = side.readable(), side.cpu_seconds(), time.perf_counter()
    command = ["smtp-source", *flags, "-m", str(messages), "-l", "5000"]
    command += ["-f", "a@example.org", "-t", "alice@example.test", f"127.0.0.1:{side.port}"]
    subprocess.run(command, check=True, timeout=300)
    accepted = time.perf_counter() - start
    while side.readable() - before < messages:
        if time.perf_counter() - start > 300:
            raise RuntimeError(f"{side.name}: not everything arrived")
        time.sleep(0.02)
    delivered = time.perf_counter() - start
    return messages / accepted, messages / delivered, (side.cpu_seconds() - busy) * 1000 / messages


if __name__ == "__main__":
    main()
