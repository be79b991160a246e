"""A disk that takes nothing more, by every way in: 4xx, nothing lost, recovery without a restart."""

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

WAYS = ("submission", "smtp", "lmtp")
ROOMY = resource.RLIM_INFINITY


class Server:
    """`termail-server run` whose files may not grow beyond what the test says."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "cities.org"]
        command += ["--user", "alice:123456"]
        for service in ("smtp", "submission", "lmtp", "imap", "admin"):
            command += [f"--{service}", "0"]
        self.data = data
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0]
        self.ports = json.loads(os.read(self.process.stdout.fileno(), 65_536))["hosts"][0]["ports"]

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0
        assert self.process.stdout is not None and self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()

    def expect(self, accepted: list[str]) -> None:
        """All of it is there, once."""
        deadline = time.monotonic() + 60
        while sorted(self.subjects()) != sorted(accepted):
            assert time.monotonic() < deadline, "what was accepted is not all there, once"
            time.sleep(0.2)

    def let_files_grow_to(self, octets: int) -> None:
        """RLIMIT_FSIZE stands for the disk: beyond it every write fails, as on a full one."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (octets, ROOMY))

    def largest_file(self) -> int:
        return max(path.stat().st_size for path in self.data.iterdir() if path.is_file())

    def send(self, name: str, way: str = "submission", size_octets: int = 20_000) -> int:
        """The code that answers one message from alice to herself; by submission it stays in the queue first, by
        port 25 and LMTP it goes straight into the mailbox."""
        kind = smtplib.LMTP if way == "lmtp" else smtplib.SMTP
        with kind("127.0.0.1", self.ports[way], timeout=30) as client:
            if way == "submission":
                client.login("alice", "123456")
            else:
                client.ehlo_or_helo_if_needed()
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
    made.stop()


def mounted(*options: str) -> bool:
    return subprocess.run(["mount", *options], capture_output=True, timeout=30, check=False).returncode == 0


def test_a_full_disk_costs_a_4xx_and_no_mail(server: Server) -> None:
    accepted = ["before"]
    assert server.send("before") == 250
    server.let_files_grow_to(server.largest_file() + 150_000)
    refused = 0
    for number in range(90):
        code = server.send(f"full-{number}", WAYS[number % len(WAYS)])
        assert code == 250 or 400 <= code < 500, f"{code} at a full disk"
        if code == 250:
            accepted.append(f"full-{number}")
        refused += code != 250
    assert refused, "the disk was never full"
    server.let_files_grow_to(ROOMY)
    for way in WAYS:
        assert server.send(f"after-{way}", way) == 250
        accepted.append(f"after-{way}")
    server.expect(accepted)


def test_a_read_only_disk_is_said_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted("-t", "tmpfs", "-o", "ro,size=1m", "termail-test", str(place)):
        pytest.skip("only root may mount a disk")
    try:
        command = [sys.executable, "-m", "bundled_server", "run", "--data", str(place / "host")]
        command += ["--domain", "cities.org", "--smtp", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=30)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert f"{place}/host cannot be used: Read-only file system" in done.stderr
