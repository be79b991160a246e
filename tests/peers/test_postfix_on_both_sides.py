"""A real Postfix hands mail to our mailboxes by LMTP, and takes what we relay."""

import importlib.util
import os
import shutil
import smtplib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("postfix") is None or os.geteuid() != 0, reason="needs root and postfix"),
]


def from_bench(name: str) -> ModuleType:
    """A module of tests/bench: it knows how to start a server."""
    path = Path(__file__).parents[1] / "bench" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"bench_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Postfix gives up its rights before it writes there, and pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="termail-postfix-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def postfix_for(domain: str, folder: Path, transport: str) -> Any:
    """A Postfix that takes mail for `domain`."""
    peers = from_bench("peers")
    peers.MAIN_CF = peers.MAIN_CF.replace("mailbox_domains = example.test", f"mailbox_domains = {domain}")
    return peers.Postfix(folder, transport)


def test_what_postfix_accepts_is_in_our_mailbox(open_folder: Path, server) -> None:
    ours = f"lmtp:inet:127.0.0.1:{server.ports['lmtp']}"
    with (
        postfix_for("cities.org", open_folder / "postfix", ours) as postfix,
        smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client,
    ):
        for number in range(20):
            text = f"Subject: by LMTP {number}\r\n\r\n.x\r\n"
            client.sendmail("bob@other.test", ["juan@cities.org", "alice@cities.org"], text)
        for number in range(20):
            server.wait_for("juan", f"by LMTP {number}")
            server.wait_for("alice", f"by LMTP {number}")


LETTERS = (
    b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n",
    b"Subject: eight\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nS\xc3\xa3o Paulo\r\n",
    b"Subject: long\r\n\r\n" + b"y" * 990 + b"\r\n" + b"z" * 50 + b"\r\n",
    b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"w" * 70 + b"\r\n") * 20_000,
    b"Subject: no body\r\n\r\n",
)


def test_what_we_relay_is_in_postfix_s_maildir_octet_for_octet(open_folder: Path) -> None:
    with postfix_for("far.test", open_folder / "postfix", "virtual") as postfix:
        settings = open_folder / "settings.toml"
        settings.write_text(f'[transports]\n"far.test" = "127.0.0.1:{postfix.port}"\n')
        ours = from_bench("ours").OurServer(open_folder / "ours", "--config", str(settings), "--insecure-auth")
        with ours, smtplib.SMTP("127.0.0.1", ours.ports["submission"], timeout=60) as client:
            client.login("alice", "pw")
            for letter in LETTERS:
                client.sendmail("alice@example.test", ["alice@far.test"], b"From: alice@example.test\r\n" + letter)
            deadline = time.monotonic() + 60
            while postfix.delivered() < len(LETTERS):
                assert time.monotonic() < deadline, "Postfix did not get everything"
                time.sleep(0.05)
    kept = sorted(path.read_bytes() for path in (open_folder / "postfix/mail/alice/Maildir/new").iterdir())
    bodies = {text.partition(b"\nSubject: ")[2].partition(b"\n\n")[2] for text in kept}
    expected = {letter.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n") for letter in LETTERS}
    assert bodies == expected
