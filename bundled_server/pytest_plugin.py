"""Pytest fixtures with real mail hosts: `pytest_plugins = ("bundled_server.pytest_plugin",)`.

`mail_host` is one host, `mail_world` the two of the practice world, both in a thread of the test's own process and
ready in a fraction of a second; `mail_server` is one in a process of its own. Documented in docs/testing.md.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from imaplib import IMAP4
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # imported when a test wants it: the hosts take their time
    from bundled_server.testing import MailHost, MailWorld

READY_SECONDS = 30.0
STOP_SECONDS = 15.0
DOMAIN = "example.test"
PASSWORD = "secret"  # a test's own server, on loopback, gone with the test
SERVICES = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "managesieve", "admin")


class MailServer:
    """One running host for `example.test`, users alice and bob, password "secret". `ports` by service: smtp takes
    mail for the domain without a login, submission wants one. Nothing leaves the machine."""

    host = "127.0.0.1"
    domain = DOMAIN
    password = PASSWORD

    def __init__(self, data: Path, users: tuple[str, ...] = ("alice", "bob")) -> None:
        self.data = data
        self.users = users
        self.ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when every port accepts. Raises RuntimeError with the server's own words."""
        command = [sys.executable, "-m", "bundled_server", "run", "--data", str(self.data), "--domain", DOMAIN]
        for user in self.users:
            command += ["--user", f"{user}:{PASSWORD}"]
        for service in SERVICES:
            command += [f"--{service}", "0"]
        log = self.data.with_suffix(".log")
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr)
        line = _first_line(self._process)
        if not line:
            self.stop()
            raise RuntimeError(f"the mail server did not start: {log.read_text(errors='replace')[-500:]}")
        self.ports = json.loads(line)["hosts"][0]["ports"]

    def stop(self) -> None:
        """End it; its data stays in `data`."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def messages(self, user: str, mailbox: str = "INBOX") -> list[EmailMessage]:
        """What `user` has, oldest first, as another client would read it."""
        with IMAP4(self.host, self.ports["imap"]) as client:
            client.login(user, PASSWORD)
            status, count = client.select(f'"{mailbox}"', readonly=True)
            if status != "OK":
                raise LookupError(f"{user} has no mailbox {mailbox}")
            if count == [b"0"]:
                return []
            answers = client.fetch("1:*", "(BODY.PEEK[])")[1]
        raws = [answer[1] for answer in answers if isinstance(answer, tuple)]
        return [message_from_bytes(raw, policy=policy.default) for raw in raws]

    def wait_for(
        self, user: str, matches: Callable[[EmailMessage], bool] = lambda message: True, seconds: float = 10.0
    ) -> EmailMessage:
        """The newest message of `user` that matches, as soon as there is one. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            found = [message for message in self.messages(user) if matches(message)]
            if found:
                return found[-1]
            if time.monotonic() > deadline:
                raise TimeoutError(f"no such message came to {user} within {seconds:g} s")
            time.sleep(0.02)


@pytest.fixture
def mail_world(tmp_path: Path) -> Iterator["MailWorld"]:
    """Two hosts, brasilia.cities.org and server.other.test, that find each other by DNS; empty mailboxes."""
    from bundled_server.testing import MailWorld

    with MailWorld(tmp_path / "mail-world") as world:
        yield world


@pytest.fixture
def mail_host(tmp_path: Path) -> Iterator["MailHost"]:
    """One host for example.test, users alice and bob, empty; its faults and clock are those of
    `mail_host.world`."""
    from bundled_server.testing import ONE_HOST, MailWorld

    with MailWorld(tmp_path / "mail-host", ONE_HOST) as world:
        yield world.host()


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server of this test's own, empty, ready in about a second."""
    server = MailServer(tmp_path / "mail-server")
    server.start()
    yield server
    server.stop()


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    """The ready line, b"" when the process ended or the time is over."""
    stdout = process.stdout
    assert stdout is not None
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
    try:
        return lines.get(timeout=READY_SECONDS)
    except Empty:
        return b""
