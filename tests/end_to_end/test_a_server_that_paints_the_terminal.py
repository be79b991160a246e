"""A hostile server's words, full of terminal escapes, as `termail` tells them to a person and to a script."""

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ESCAPES = "\x1b]0;taken\x07 \x1b[2J \u009b31m \u202edesrever"

CONFIG = """
[accounts.work]
from = "Alice <alice@cities.org>"
retrieve = "imap+insecure://alice@127.0.0.1:{imap}"
send = "smtp+insecure://alice@127.0.0.1:{smtp}"
password_command = "echo 123456"
"""


class Imap(socketserver.StreamRequestHandler):
    """Refuses the login."""

    def handle(self) -> None:
        self.wfile.write(f"* OK {ESCAPES}\r\n".encode())
        for line in self.rfile:
            tag, command = line.split()[:2]
            if command.upper() == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + b" OK done\r\n")
            else:
                self.wfile.write(tag + f" NO [ALERT] {ESCAPES}\r\n".encode())


class Smtp(socketserver.StreamRequestHandler):
    """Knows no SMTP at all."""

    def handle(self) -> None:
        self.wfile.write(f"hello {ESCAPES}\r\n".encode())


class Refusing(socketserver.StreamRequestHandler):
    """Takes nobody's mail."""

    def handle(self) -> None:
        self.wfile.write(f"554 {ESCAPES}\r\n".encode())


@pytest.fixture(params=[Smtp, Refusing])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as imap,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), request.param) as smtp,
    ):
        for server in (imap, smtp):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        text = CONFIG.format(imap=imap.server_address[1], smtp=smtp.server_address[1])
        (tmp_path / "config.toml").write_text(text)
        yield tmp_path
        imap.shutdown()
        smtp.shutdown()


def termail(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "termail", *words, "--config", str(home), "--data", str(home / "data")]
    return subprocess.run(command, input="x\n", capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "words", [["sync"], ["account", "test"], ["doctor"], ["send", "-s", "x", "bob@other.test"]], ids=" ".join
)
def test_no_escape_gets_through(home: Path, words: list[str]) -> None:
    for told in (termail(home, *words), termail(home, *words, "--json")):
        assert told.returncode in (1, 75), told
        assert "Traceback" not in told.stderr
        shown = told.stdout + told.stderr
        assert shown
        assert not {*shown} & {"\x1b", "\x07", "\u009b", "\u202e"}
    json.loads(told.stdout)
