"""How our server behaves under load: dead destinations, many recipients, many sessions, many and large messages.

    python tests/bench/load.py [--only dead recipients sessions memory large] [--waiting 10000] [--messages 30000]

Needs smtp-source (of postfix) and Linux. Durable, on loopback; one plain row for each figure.
"""

import argparse
import imaplib
import multiprocessing
import smtplib
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from figures import scratch
from ours import OurServer

RECIPIENTS = 100
LARGE_OCTETS = 50_000_000
LETTER = b"From: alice@example.test\r\nSubject: %b\r\n\r\n" + (b"x" * 76 + b"\r\n") * 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--waiting", type=int, default=10_000, help="messages for dead destinations")
    parser.add_argument("--messages", type=int, default=30_000, help="messages while memory is watched")
    options = parser.parse_args()
    for name in options.only:
        with scratch() as folder:
            PARTS[name](Path(folder), options)


def dead(folder: Path, options: argparse.Namespace) -> None:
    """Half waits for a host that refuses connections, half for one that takes them and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            refusing = gone.getsockname()[1]
        config = folder / "settings.toml"
        config.write_text(
            "[limits]\nuser_recipients_per_hour = 1000000\n[transports]\n"
            f'"refusing.test" = "127.0.0.1:{refusing}"\n"silent.test" = "127.0.0.1:{silent.getsockname()[1]}"\n'
        )
        with OurServer(folder / "ours", "--config", str(config), "--insecure-auth") as ours:
            for service in ("smtp", "submission"):
                row(f"latency by {service}, nothing waits", _latency(ours, service))
            start = time.perf_counter()
            _leave_behind(ours, options.waiting)
            seconds = time.perf_counter() - start
            print(f"{'queued for dead destinations':<52} {options.waiting / seconds:10,.0f} msg/s", flush=True)
            for service in ("smtp", "submission"):
                row(f"latency by {service}, {options.waiting} wait", _latency(ours, service))
            print(f"{'memory while they wait':<52} {_memory(ours, 'VmRSS'):10,.1f} MB", flush=True)


def recipients(folder: Path, options: argparse.Namespace) -> None:
    """Messages for a hundred mailboxes each."""
    users = ["all", *(f"{number}all" for number in range(1, RECIPIENTS + 1))]  # the names that smtp-source makes
    with OurServer(folder / "ours", *(word for user in users for word in ("--user", f"{user}:pw"))) as ours:
        start = time.perf_counter()
        _source(ours, 200, sessions=20, to="all@example.test", more=("-r", str(RECIPIENTS)))
        accepted = time.perf_counter() - start
        while _in_mailbox(ours, "all") < 200:  # a message reaches all its mailboxes in one commit
            if time.perf_counter() - start > 120:
                raise RuntimeError("not everything arrived")
            time.sleep(0.02)
        delivered = time.perf_counter() - start
        copies = sum(_in_mailbox(ours, user) for user in users)
        print(f"{'200 messages with 100 recipients: accepted':<52} {200 / accepted:10,.1f} msg/s")
        title = f"the same: all {copies:,} copies in their mailboxes"
        print(f"{title:<52} {copies / delivered:10,.0f} copies/s", flush=True)


def sessions(folder: Path, options: argparse.Namespace) -> None:
    """The same work by more and more sessions at once."""
    with OurServer(folder / "ours") as ours:
        for number in (1, 20, 200):
            for title, more in (("reused connections", ("-d",)), ("a connection each", ())):
                start = time.perf_counter()
                _source(ours, 3000, sessions=number, more=more)
                seconds = time.perf_counter() - start
                print(f"{f'accepted, {number} sessions, {title}':<52} {3000 / seconds:10,.0f} msg/s", flush=True)


def memory(folder: Path, options: argparse.Namespace) -> None:
    """Resident memory as messages come in; all of them stay in one mailbox."""
    with OurServer(folder / "ours") as ours:
        _source(ours, 1000, sessions=20)
        for sent in range(0, options.messages + 1, 5000):
            if sent:
                _source(ours, 5000, sessions=20)
            print(f"{f'memory after {sent} messages':<52} {_memory(ours, 'VmRSS'):10,.1f} MB", flush=True)


def large(folder: Path, options: argparse.Namespace) -> None:
    """What 50 MB cost, and how long somebody else waits for an answer meanwhile."""
    ways: dict[str, Callable[[OurServer], None]] = {
        "port 25": lambda ours: _source(ours, 1, sessions=1, size=LARGE_OCTETS),
        "submission": _submit_large,
    }
    for name, send in ways.items():
        with OurServer(folder / name, "--insecure-auth") as ours:
            _source(ours, 200, sessions=20)
            row("NOOP, nothing arrives", _noops(ours, lambda: time.sleep(3)))
            for _ in range(3):
                _one_large(ours, name, send)


def _one_large(ours: OurServer, name: str, send: Callable[[OurServer], None]) -> None:
    Path(f"/proc/{ours.pid}/clear_refs").write_text("5")  # the peak begins anew (proc(5))
    before, start = _memory(ours, "VmRSS"), time.perf_counter()
    known = _in_mailbox(ours, "alice")

    def carry() -> None:
        send(ours)
        while _in_mailbox(ours, "alice") == known:
            time.sleep(0.02)

    waits = _noops(ours, carry)
    row(f"NOOP, 50 MB arrive by {name}", waits)
    grown = _memory(ours, "VmHWM") - before
    seconds = time.perf_counter() - start
    title = f"50 MB by {name}: seconds, peak growth, growth / size"
    print(f"{title:<58} {seconds:8.2f} s {grown:.0f} MB {grown * 1e6 / LARGE_OCTETS:.2f}x", flush=True)


def _submit_large(ours: OurServer) -> None:
    """In a process of its own: smtplib's work on 50 MB must not hold up who measures."""
    child = multiprocessing.Process(target=_submit, args=(ours.ports["submission"],))
    child.start()
    child.join()


def _submit(port: int) -> None:
    line = b"x" * 76 + b"\r\n"
    head = b"From: bench@example.test\r\nTo: alice@example.test\r\n\r\n"
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.login("bench", "pw")
        client.sendmail("bench@example.test", ["alice@example.test"], head + line * (LARGE_OCTETS // len(line)))


PARTS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    part.__name__: part for part in (dead, recipients, sessions, memory, large)
}


def row(title: str, seconds: Sequence[float]) -> None:
    """Median, 99th percentile and longest, in milliseconds."""
    ranked = sorted(value * 1000 for value in seconds)
    p99 = ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    print(
        f"{title:<52} median {statistics.median(ranked):8.2f} ms  p99 {p99:8.2f} ms  longest {ranked[-1]:8.2f} ms"
        f"  of {len(ranked)}",
        flush=True,
    )


def _latency(ours: OurServer, service: str, messages: int = 300) -> list[float]:
    """Seconds from MAIL until alice's open mailbox tells of the message."""
    times = []
    with (
        smtplib.SMTP("127.0.0.1", ours.ports[service]) as sender,
        imaplib.IMAP4("127.0.0.1", ours.ports["imap"]) as reader,
    ):
        if service == "submission":
            sender.login("bench", "pw")
        reader.login("alice", "pw")
        known = int(reader.select("INBOX")[1][0] or b"0")
        writer = "bench@example.test" if service == "submission" else "a@example.org"
        for number in range(messages):
            letter = LETTER.replace(b"alice", b"bench") % b"%d" % number
            start = time.perf_counter()
            sender.sendmail(writer, ["alice@example.test"], letter)
            while True:
                reader.noop()
                told = reader.response("EXISTS")[1]
                if told[0] is not None and int(told[-1]) > known:
                    known = int(told[-1])
                    break
            times.append(time.perf_counter() - start)
    return times


def _leave_behind(ours: OurServer, messages: int, connections: int = 8) -> None:
    """Alice submits mail that cannot leave."""
    numbers = count()

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", ours.ports["submission"]) as client:
            client.login("alice", "pw")
            while (number := next(numbers)) < messages:
                domain = ("refusing.test", "silent.test")[number % 2]
                client.sendmail("alice@example.test", [f"u{number}@{domain}"], LETTER % b"%d" % number)

    threads = [threading.Thread(target=submit) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _source(
    ours: OurServer,
    messages: int,
    *,
    sessions: int,
    size: int = 5000,
    to: str = "alice@example.test",
    more: Sequence[str] = ("-d",),
) -> None:
    command = ["smtp-source", *more, "-s", str(sessions), "-m", str(messages), "-l", str(size)]
    command += ["-f", "a@example.org", "-t", to, f"127.0.0.1:{ours.ports['smtp']}"]
    subprocess.run(command, check=True, timeout=300)


def _noops(ours: OurServer, work: Callable[[], object]) -> list[float]:
    """The round trips of NOOP on a second connection while `work` is done."""
    times = []
    thread = threading.Thread(target=work)
    with socket.create_connection(("127.0.0.1", ours.ports["smtp"])) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.recv(4096)
        thread.start()
        while thread.is_alive():
            start = time.perf_counter()
            peer.sendall(b"NOOP\r\n")
            peer.recv(4096)
            times.append(time.perf_counter() - start)
            time.sleep(0.001)
    return times


def _in_mailbox(ours: OurServer, user: str) -> int:
    with imaplib.IMAP4("127.0.0.1", ours.ports["imap"]) as client:
        client.login(user, "pw")
        return int(client.select("INBOX", readonly=True)[1][0])


def _memory(ours: OurServer, field: str) -> float:
    """Megabytes, as /proc/PID/status has them."""
    for line in Path(f"/proc/{ours.pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024 / 1e6
    raise LookupError(field)


if __name__ == "__main__":
    main()
