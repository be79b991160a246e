"""kill -9 while a list passes letters on: members and archive have every accepted letter exactly once."""

import imaplib
import json
import os
import re
import select
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

MEMBERS = ("alice", "juan", "carol")
SENDERS = 3
ACCEPTED_BEFORE_THE_KILL = 40


def server(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bundled_server", *arguments]


def start(data: Path) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    """The server, and its ports when it is ready."""
    command = server("run", "--data", str(data), "--domain", "cities.org")
    for user in MEMBERS:
        command += ["--user", f"{user}:123456"]
    for service in ("smtp", "imap", "admin"):
        command += [f"--{service}", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    return process, json.loads(os.read(process.stdout.fileno(), 65_536))["hosts"][0]["ports"]


def command(data: Path, *arguments: str) -> str:
    done = subprocess.run([*server(*arguments), "--data", str(data)], capture_output=True, check=True, timeout=30)
    return done.stdout.decode()


def send_until_it_dies(port: int, number: int, accepted: list[str], enough: threading.Event) -> None:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            for count in range(10_000):
                name = f"letter-{number}-{count}"
                text = f"From: alice@cities.org\r\nSubject: {name}\r\n\r\n{'x' * 2000}\r\n"
                client.sendmail("alice@cities.org", ["redes@cities.org"], text)
                accepted.append(name)
                if len(accepted) >= ACCEPTED_BEFORE_THE_KILL:
                    enough.set()
    except (smtplib.SMTPException, OSError):
        return  # the server was killed: what was not answered may be lost


def subjects(port: int, user: str, mailbox: str) -> Counter[str]:
    """How often each letter is there."""
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(user, "123456")
        client.select(mailbox, readonly=True)
        _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    return Counter(re.findall(r"letter-\d+-\d+", " ".join(str(item) for item in data)))


def test_every_member_has_every_accepted_letter_once(tmp_path: Path) -> None:
    data = tmp_path / "host"
    process, ports = start(data)
    command(data, "list", "create", "redes", "--owner", "juan@cities.org")
    command(data, "list", "join", "redes", *(f"{member}@cities.org" for member in MEMBERS))
    accepted: list[str] = []
    enough = threading.Event()
    threads = [
        threading.Thread(target=send_until_it_dies, args=(ports["smtp"], number, accepted, enough))
        for number in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    process.kill()
    process.wait()
    for thread in threads:
        thread.join(30)
    assert process.stdout is not None
    process.stdout.close()

    process, ports = start(data)
    try:
        deadline = time.monotonic() + 60
        while json.loads(command(data, "queue", "list", "--json")):
            assert time.monotonic() < deadline, "the queue does not get empty"
        for mailbox in ("INBOX", '"#lists/redes"'):
            for member in MEMBERS:
                found = subjects(ports["imap"], member, mailbox)
                assert set(accepted) <= set(found)
                assert set(found.values()) == {1}
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
