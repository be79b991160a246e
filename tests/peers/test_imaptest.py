"""Dovecot's imaptest against us: its scripted tests, and twenty clients whose every word it checks.

It is in no Debian release: `imaptest` must be on PATH, and IMAPTEST_SCRIPTS must name its folder src/tests.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPTS = os.environ.get("IMAPTEST_SCRIPTS", "")
MAIL = "From user@domain  Fri Feb 22 17:06:23 2008\nFrom: a@b.test\nSubject: one\n\nbody {}\n\n"

pytestmark = [
    pytest.mark.peer("imaptest"),
    pytest.mark.skipif(not SCRIPTS, reason="IMAPTEST_SCRIPTS names no folder"),
]


def imaptest(program: str, port: int, *options: str, folder: Path) -> str:
    common = ("host=127.0.0.1", f"port={port}", "user=library", "pass=123456")
    command: Sequence[str] = (program, *common, *options)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return done.stdout + done.stderr


def test_every_scripted_test_passes(server, program):
    told = imaptest(program, server.ports["imap"], "test=.", "mbox=default.mbox", folder=Path(SCRIPTS))
    assert re.search(r"test groups: 0 failed", told), told
    assert not re.search(r"[1-9]\d*/\d+ individual commands failed|^Error", told, re.MULTILINE), told


def test_twenty_clients_find_no_fault(server, program, tmp_path):
    (tmp_path / "mail.mbox").write_text("".join(MAIL.format(number) for number in range(50)))
    told = imaptest(
        program, server.ports["imap"], "clients=20", "secs=5", "mbox=mail.mbox", "seed=1", folder=tmp_path
    )
    assert not re.search(r"^(Error|Fatal|Panic)", told, re.MULTILINE), told
    assert "Totals:" in told
