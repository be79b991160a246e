"""kill -9 of the server during a burst by submission, port 25 and LMTP: what was answered 250 is there afterwards,
exactly once, and everywhere a Sieve script wants it."""

import imaplib
import json
import os
import re
import select
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

WAYS = ("submission", "smtp", "lmtp")
SENDERS = 6
ACCEPTED_BEFORE_THE_KILL = 150


def start(data: Path) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    """The server, and its ports when it is ready."""
    command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "cities.org"]
    for user in ("alice", "juan", "carol"):
        command += ["--user", f"{user}:123456"]
    for service in (*WAYS, "imap", "admin"):
        command += [f"--{service}", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    return process, json.loads(os.read(process.stdout.fileno(), 65_536))["hosts"][0]["ports"]


CLIENTS = {"submission": smtplib.SMTP, "smtp": smtplib.SMTP, "lmtp": smtplib.LMTP}


class Burst:
    """Several clients send one message after another, each by its own way, until the server is gone."""

    def __init__(self, ports: dict[str, int], name: str) -> None:
        self._name = name
        self.accepted: list[str] = []
        self.enough = threading.Event()
        self._ports = ports
        self._threads = [threading.Thread(target=self._submit, args=(number,)) for number in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for_the_end(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _submit(self, number: int) -> None:
        way = WAYS[number % len(WAYS)]
        try:
            with CLIENTS[way]("127.0.0.1", self._ports[way], timeout=60) as client:
                if way == "submission":
                    client.login("alice", "123456")
                else:
                    client.ehlo_or_helo_if_needed()
                for count in range(10_000):
                    name = f"{self._name}-{number}-{count}"
                    text = f"From: alice@cities.org\r\nSubject: {name}\r\n\r\n{'x' * 2000}\r\n"
                    client.sendmail("alice@cities.org", ["juan@cities.org", "alice@cities.org"], text)
                    self.accepted.append(name)
                    if len(self.accepted) >= ACCEPTED_BEFORE_THE_KILL:
                        self.enough.set()
        except (smtplib.SMTPException, OSError):
            return  # the server was killed: what was not answered may be lost


def sort_the_mail_of_juan(data: Path) -> None:
    """A copy into Archive, a copy through the queue to carol, and the rest as ever."""
    script = 'require ["fileinto", "copy"]; fileinto :copy "Archive"; redirect :copy "carol@cities.org";'
    command = [sys.executable, "-m", "bundled_server", "sieve", "put", "--data", str(data), "juan", "main", "-"]
    subprocess.run([*command, "--activate"], input=script.encode(), check=True, timeout=30, capture_output=True)


def subjects(port: int, user: str, mailbox: str = "INBOX") -> Counter[str]:
    """How often each subject is in the mailbox."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(user, "123456")
        if client.select(mailbox, readonly=True)[1] == [b"0"]:
            return Counter()
        _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    return Counter(re.findall(r"burst\d-\d+-\d+", " ".join(str(item) for item in data)))


def wait_until_the_queue_is_empty(data: Path) -> None:
    command = [sys.executable, "-m", "bundled_server", "queue", "list", "--data", str(data), "--json"]
    deadline = time.monotonic() + 60
    while json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout):
        assert time.monotonic() < deadline, "the queue does not get empty"


def test_what_was_accepted_survives_kill_9_exactly_once(tmp_path: Path) -> None:
    data = tmp_path / "host"
    for name in ("burst1", "burst2"):
        process, ports = start(data)
        sort_the_mail_of_juan(data)
        burst = Burst(ports, name)
        burst.start()
        assert burst.enough.wait(30)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        burst.wait_for_the_end()

        process, ports = start(data)
        try:
            wait_until_the_queue_is_empty(data)
            for user, mailbox in (("alice", "INBOX"), ("juan", "INBOX"), ("juan", "Archive"), ("carol", "INBOX")):
                arrived = subjects(ports["imap"], user, mailbox)
                assert set(burst.accepted) <= set(arrived), "accepted, and lost"
                assert max(arrived.values()) == 1, "arrived twice"
            assert {WAYS[int(accepted.split("-")[1]) % len(WAYS)] for accepted in burst.accepted} == set(WAYS)
        finally:
            process.terminate()
            assert process.wait(60) == 0
