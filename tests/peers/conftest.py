"""One host of ours, started as its users start it, for programs that nobody here wrote."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from imaplib import IMAP4
from pathlib import Path

import pytest

PASSWORD = "123456"


@dataclass(frozen=True)
class Server:
    """The ports by service, and the folder with its certificate."""

    ports: dict[str, int]
    data: Path

    def deliver(self, recipient: str, subject: str, body: str = "Esto es una prueba\n") -> None:
        """Hand one message to port 25 and wait until its mailbox shows it."""
        import smtplib

        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "bob@other.test", recipient, subject
        message.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as client:
            client.send_message(message, from_addr="bob@other.test", to_addrs=[recipient])
        self.wait_for(recipient.partition("@")[0], subject)

    def subjects(self, user: str, mailbox: str = "INBOX") -> list[str]:
        """The raw Subject lines of a mailbox, by the standard library's imaplib."""
        with IMAP4("127.0.0.1", self.ports["imap"]) as client:
            client.login(user, PASSWORD)
            status, data = client.select(mailbox, readonly=True)
            if status != "OK" or data == [b"0"]:
                return []  # FETCH 1:* of nothing is BAD (RFC 3501 §9, seq-number)
            _, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            return [item[1].decode().strip()[9:] for item in data if isinstance(item, tuple)]

    def wait_for(self, user: str, subject: str, mailbox: str = "INBOX", seconds: float = 60.0) -> None:
        """Return when the mailbox holds a message with that subject."""
        deadline = time.monotonic() + seconds
        while subject not in self.subjects(user, mailbox):
            assert time.monotonic() < deadline, f"{subject!r} never came to {user}'s {mailbox}"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("peers") / "host"
    command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "cities.org"]
    command += ["--hostname", "brasilia.cities.org"]
    for user in ("alice", "juan", "curl", "mutt", "neomutt", "mbsync", "getmail", "fetchmail", "library"):
        command += ["--user", f"{user}:{PASSWORD}"]
    for service in (
        "smtp",
        "submission",
        "submissions",
        "lmtp",
        "imap",
        "imaps",
        "pop3",
        "pop3s",
        "managesieve",
        "admin",
    ):
        command += [f"--{service}", "0"]
    log = (data.parent / "host.log").open("wb")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], 60)
    assert readable, "the server did not get ready"
    ready = json.loads(os.read(process.stdout.fileno(), 65_536))
    yield Server(ready["hosts"][0]["ports"], data)
    process.terminate()
    assert process.wait(30) == 0
    log.close()


@pytest.fixture
def program(request: pytest.FixtureRequest) -> str:
    """The path of the program a test names by `@pytest.mark.peer("name")`; skips where it is not installed."""
    marker = request.node.get_closest_marker("peer")
    assert marker is not None
    path = shutil.which(marker.args[0])
    if path is None:
        pytest.skip(f"{marker.args[0]} is not installed")
    return path


def run(*command: str, home: Path | None = None, text: str = "", seconds: float = 60.0) -> str:
    """Run a program to its end and answer what it printed; fails the test when it failed."""
    environment = {**os.environ, "HOME": str(home)} if home else None
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=seconds, env=environment, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(name="run")
def run_fixture():
    return run
