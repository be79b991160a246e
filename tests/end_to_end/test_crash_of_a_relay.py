"""kill -9 of either side of a relay, and of mail that is stamped for one mailbox: nothing is lost, hardly anything
arrives twice (only what was between the other host's 250 and our commit: RFC 1047)."""

import imaplib
import json
import os
import re
import select
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SENDERS = 4
ENOUGH = 60
CONNECTIONS = 8


class Server:
    """`termail-server run` on a data folder, started and killed at will, always on the same SMTP port."""

    def __init__(self, data: Path, domain: str, *options: str) -> None:
        self.data = data
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.smtp = probe.getsockname()[1]
        self._command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", domain]
        self._command += ["--user", "alice:123456", "--smtp", str(self.smtp), *options]
        for service in ("submission", "imap", "admin"):
            self._command += [f"--{service}", "0"]
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0]
        self.ports = json.loads(os.read(self.process.stdout.fileno(), 65_536))["hosts"][0]["ports"]

    def end(self, number: int) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.send_signal(number)
        self.process.wait(60)
        self.process.stdout.close()
        self.process = None

    def queue(self, *words: str) -> list[object]:
        command = [sys.executable, "-m", "bundled_server", "queue", *words, "--data", str(self.data), "--json"]
        return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)

    def arrived(self) -> Counter[str]:
        """How often each subject is in alice's INBOX."""
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"]) as client:
            client.login("alice", "123456")
            if client.select("INBOX", readonly=True)[1] == [b"0"]:
                return Counter()
            _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return Counter(re.findall(r"burst-\d+-\d+", " ".join(str(item) for item in data)))


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Everything that near sends goes to far."""
    far = Server(tmp_path / "far", "far.test")
    config = tmp_path / "near.toml"
    config.write_text("retry_seconds = [0.5]\n")
    smarthost = ("--egress", "smarthost", "--smarthost", f"127.0.0.1:{far.smtp}", "--config", str(config))
    near = Server(tmp_path / "near", "near.test", *smarthost)
    for host in (far, near):
        host.start()
    yield near, far
    for host in (near, far):
        if host.process is not None:
            host.end(signal.SIGTERM)


def burst(port: int, recipient: str, *, login: bool) -> tuple[list[str], threading.Event, list[threading.Thread]]:
    """Several senders until the server is gone: what was accepted, when that is enough, and the senders."""
    accepted: list[str] = []
    enough = threading.Event()

    def send(number: int) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
                if login:
                    client.login("alice", "123456")
                sender = "alice@near.test" if login else "bob@other.test"
                for count in range(400):
                    name = f"burst-{number}-{count}"
                    client.sendmail(sender, [recipient], f"Subject: {name}\r\n\r\n{'x' * 2000}\r\n")
                    accepted.append(name)
                    if len(accepted) >= ENOUGH:
                        enough.set()
        except (smtplib.SMTPException, OSError):
            return  # the server was killed: what was not answered may be lost

    threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    return accepted, enough, threads


def settle(near: Server) -> None:
    """Until near's queue is empty."""
    deadline = time.monotonic() + 60
    while near.queue("list"):
        near.queue("flush")
        assert time.monotonic() < deadline, "the queue does not get empty"


@pytest.mark.parametrize("victim", ["near", "far"])
def test_what_was_accepted_arrives_whoever_is_killed(hosts: tuple[Server, Server], victim: str) -> None:
    near, far = hosts
    accepted, enough, threads = burst(near.ports["submission"], "alice@far.test", login=True)
    assert enough.wait(30)
    killed = near if victim == "near" else far
    killed.end(signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    killed.start()
    settle(near)
    arrived = far.arrived()
    assert set(accepted) <= set(arrived), "accepted, and lost"
    twice = sum(count - 1 for count in arrived.values())
    assert twice <= CONNECTIONS, f"{twice} messages arrived twice: more than were on the wire"


def test_mail_stamped_for_one_mailbox_survives_a_kill_once(hosts: tuple[Server, Server]) -> None:
    _, far = hosts
    accepted, enough, threads = burst(far.ports["smtp"], "alice@far.test", login=False)
    assert enough.wait(30)
    far.end(signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    far.start()
    settle(far)
    arrived = far.arrived()
    assert set(accepted) <= set(arrived), "accepted, and lost"
    assert max(arrived.values()) == 1, "arrived twice"
