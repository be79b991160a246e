"""SMTP: messages accepted and delivered a second, ours beside Postfix, both durable. Needs root and postfix.

python tests/bench/accept.py [--messages 5000] [--runs 3]
"""

import argparse
import imaplib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from figures import scratch, show
from ours import OurServer
from peers import Postfix, cpu_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with (
        scratch() as folder,
        OurServer(Path(folder) / "ours") as ours,
        Postfix(Path(folder) / "postfix") as postfix,
    ):

        def in_our_mailbox() -> int:
            with imaplib.IMAP4("127.0.0.1", ours.ports["imap"]) as client:
                client.login("alice", "pw")
                return int(client.select("INBOX", readonly=True)[1][0])

        for title, flags in (
            ("20 sessions, connections reused", ["-s", "20", "-d"]),
            ("1 session, connection reused", ["-s", "1", "-d"]),
            ("20 sessions, a new connection for each message", ["-s", "20"]),
        ):
            mine = [
                _burst(ours.ports["smtp"], ours.pid, flags, options.messages, in_our_mailbox)
                for _ in range(options.runs)
            ]
            theirs = [
                _burst(postfix.port, postfix.pid, flags, options.messages, postfix.delivered)
                for _ in range(options.runs)
            ]
            for row, what, unit, better in (
                (0, "accepted", "msg/s", True),
                (1, "accepted and in the mailbox", "msg/s", True),
                (2, "CPU a message", "ms", False),
            ):
                show(
                    f"{what}: {title}",
                    [run[row] for run in mine],
                    [run[row] for run in theirs],
                    unit,
                    "postfix",
                    more_is_better=better,
                )


def _burst(
    port: int, pid: int, flags: list[str], messages: int, count: Callable[[], int]
) -> tuple[float, float, float]:
    """One run of smtp-source → messages accepted a second, readable a second, CPU milliseconds a message."""
    before, busy, start = count(), cpu_seconds(pid), time.perf_counter()
    subprocess.run(
        [
            "smtp-source",
            *flags,
            "-m",
            str(messages),
            "-l",
            "5000",
            "-f",
            "a@example.org",
            "-t",
            "alice@example.test",
        ]
        + [f"127.0.0.1:{port}"],
        check=True,
        timeout=300,
    )
    accepted = time.perf_counter() - start
    while count() - before < messages:
        if time.perf_counter() - start > 300:
            raise RuntimeError("not everything arrived")
        time.sleep(0.02)
    delivered = time.perf_counter() - start
    return messages / accepted, messages / delivered, (cpu_seconds(pid) - busy) * 1000 / messages


if __name__ == "__main__":
    main()
