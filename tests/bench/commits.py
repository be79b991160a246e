"""How long single commits take at full speed, while the log of the database is carried over beside them.

    python tests/bench/commits.py [--messages 12000] [--octets 30000]

Straight to the store, durable; no peer. What is longest besides is the disk's doing: the last row tells how long a
bare fsync takes.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from figures import scratch

from bundled_server.mailbox.changes import AddMessage, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.sqlite_store import SqliteStore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=12_000)
    parser.add_argument("--octets", type=int, default=30_000)
    options = parser.parse_args()
    with scratch() as folder:
        for writers in (1, 20):
            path = Path(folder) / f"{writers}.sqlite3"
            times, log_octets = asyncio.run(_commits(path, options, writers))
            row(f"commits of {options.octets} octets, {writers} at once", times)
            print(f"{'  the longest the log became':<44} {log_octets / 1e6:12.1f} MB", flush=True)
        row("a bare append and fsync of as many", _bare(Path(folder) / "bare", options))


async def _commits(path: Path, options: argparse.Namespace, writers: int) -> tuple[list[float], int]:
    """Seconds of each commit, and how long the log became."""
    store = SqliteStore(path)
    await store.open()
    await store.commit(PutUser("alice", ""))
    inbox = await store.mailbox("alice", "INBOX")
    assert inbox is not None
    times: list[float] = []
    log_octets = 0

    async def write(mailbox_id: int) -> None:
        nonlocal log_octets
        for _ in range(options.messages // writers):
            letter = prepare(b"Subject: letter\r\n\r\n%b\r\n" % os.urandom(options.octets))
            start = time.perf_counter()
            await store.commit(AddMessage(mailbox_id, letter, frozenset(), 1.0))
            times.append(time.perf_counter() - start)
            log_octets = max(log_octets, os.stat(f"{path}-wal").st_size)

    await asyncio.gather(*(write(inbox.mailbox_id) for _ in range(writers)))
    await store.close()
    return times, log_octets


def _bare(path: Path, options: argparse.Namespace) -> list[float]:
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(options.messages // 10):
            octets = os.urandom(options.octets)
            start = time.perf_counter()
            file.write(octets)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return times


def row(title: str, seconds: Sequence[float]) -> None:
    """Median, 99th percentile and longest, in milliseconds."""
    ranked = sorted(value * 1000 for value in seconds)
    p99 = ranked[len(ranked) * 99 // 100]
    print(
        f"{title:<44} median {statistics.median(ranked):8.2f} ms  p99 {p99:8.2f} ms  longest {ranked[-1]:8.2f} ms"
        f"  of {len(ranked)}",
        flush=True,
    )


if __name__ == "__main__":
    main()
