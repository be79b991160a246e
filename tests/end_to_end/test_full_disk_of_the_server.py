"""A disk that takes nothing more, at acceptance and at delivery: 4xx, nothing lost, recovery without a restart."""

import imaplib
import json
import os
import resource
import select
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMY = resource.RLIM_INFINITY


class Server:
    """`termail-server run` whose files may not grow beyond what the test says."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "cities.org"]
        command += ["--user", "alice:123456"]
        for service in ("smtp", "submission", "imap", "admin"):
            command += [f"--{service}", "0"]
        self.data = data
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0]
        self.ports = json.loads(os.read(self.process.stdout.fileno(), 65_536))["hosts"][0]["ports"]

    def let_files_grow_to(self, octets: int) -> None:
        """RLIMIT_FSIZE stands for the disk: beyond it every write fails, as on a full one."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (octets, ROOMY))

    def largest_file(self) -> int:
        return max(path.stat().st_size for path in self.data.iterdir() if path.is_file())

    def submit(self, name: str, size_octets: int = 20_000) -> int:
        """The code that answers one message from alice to herself; by submission it stays in the queue first."""
        with smtplib.SMTP("127.0.0.1", self.ports["submission"], timeout=30) as client:
            client.login("alice", "123456")
            client.mail("alice@cities.org")
            client.rcpt("alice@cities.org")
            code, _ = client.data(
                f"Subject: {name}\r\n\r\n" + "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * (size_octets // 72)
            )
            return code

    def subjects(self) -> list[str]:
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=30) as client:
            client.login("alice", "123456")
            if client.select("INBOX", readonly=True)[1] == [b"0"]:
                return []
            _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return [part[1].decode().split(":")[1].strip() for part in data if isinstance(part, tuple)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "host")
    yield made
    made.let_files_grow_to(ROOMY)
    made.process.terminate()
    assert made.process.wait(30) == 0
    assert made.process.stdout is not None and made.process.stderr is not None
    made.process.stdout.close()
    made.process.stderr.close()


def test_a_full_disk_costs_a_4xx_and_no_mail(server: Server) -> None:
    accepted = ["before"]
    assert server.submit("before") == 250
    server.let_files_grow_to(server.largest_file() + 150_000)
    refused = 0
    for number in range(60):
        code = server.submit(f"full-{number}")
        assert code == 250 or 400 <= code < 500, f"{code} at a full disk"
        if code == 250:
            accepted.append(f"full-{number}")
        refused += code != 250
    assert refused, "the disk was never full"
    server.let_files_grow_to(ROOMY)
    assert server.submit("after") == 250
    accepted.append("after")
    deadline = time.monotonic() + 40
    while sorted(server.subjects()) != sorted(accepted):
        assert time.monotonic() < deadline, "what was accepted is not all there, once"
        time.sleep(0.2)
