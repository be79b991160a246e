"""A real Postfix takes mail by SMTP and hands it to our mailboxes by LMTP."""

import importlib.util
import os
import shutil
import smtplib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("postfix") is None or os.geteuid() != 0, reason="needs root and postfix"),
]


def bench_peers() -> ModuleType:
    """tests/bench/peers.py, which knows how to start Postfix."""
    path = Path(__file__).parents[1] / "bench" / "peers.py"
    spec = importlib.util.spec_from_file_location("bench_peers", path)
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


def test_what_postfix_accepts_is_in_our_mailbox(open_folder: Path, server) -> None:
    peers = bench_peers()
    ours = f"virtual_transport = lmtp:inet:127.0.0.1:{server.ports['lmtp']}"
    settings = peers.MAIN_CF.replace("virtual_transport = virtual", ours)
    peers.MAIN_CF = settings.replace("mailbox_domains = example.test", "mailbox_domains = cities.org")
    with (
        peers.Postfix(open_folder / "postfix") as postfix,
        smtplib.SMTP("127.0.0.1", postfix.port, timeout=20) as client,
    ):
        for number in range(20):
            text = f"Subject: by LMTP {number}\r\n\r\n.x\r\n"
            client.sendmail("bob@other.test", ["juan@cities.org", "alice@cities.org"], text)
        for number in range(20):
            server.wait_for("juan", f"by LMTP {number}")
            server.wait_for("alice", f"by LMTP {number}")
