"""A guest's client, whatever command it finds: no program, no file outside its folders, no network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import os, socket, subprocess, sys
from pathlib import Path
from termail.app import build_services
config, data, outside = map(Path, sys.argv[1:])
build_services(config, data, agent=False)
"""


def guest_does(tmp_path: Path, deed: str, *, guest: str = "1") -> subprocess.CompletedProcess[str]:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    (tmp_path / "config").mkdir()
    arguments = [
        sys.executable,
        "-c",
        BEGIN + deed,
        str(tmp_path / "config"),
        str(tmp_path / "data"),
        str(outside),
    ]
    environ = {**os.environ, "TERMAIL_GUEST": guest}
    return subprocess.run(arguments, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "deed",
    [
        "subprocess.run(['true'])",
        "subprocess.run('true', shell=True)",
        "subprocess.run([sys.executable, '-c', ''])",
        "subprocess.run([sys.executable, '-m', 'http.server'])",
        "os.system('true')",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "outside.write_text('changed')",
        "(data / '..' / 'outside').write_text('changed')",
        "os.symlink(outside, data / 'link'); (data / 'link').open('a')",
        "outside.unlink()",
        "outside.rename(data / 'taken')",
        "socket.socket().connect(('127.0.0.1', 9))",
        "socket.socket().bind(('127.0.0.1', 0))",
    ],
)
def test_a_guest_s_process_refuses_at_the_lowest_level(tmp_path: Path, deed: str) -> None:
    done = guest_does(tmp_path, deed)
    assert "PermissionError: Web mail" in done.stderr
    assert (tmp_path / "outside").read_text() == "kept"


def test_a_guest_keeps_aliases_of_their_own(tmp_path: Path) -> None:
    done = guest_does(tmp_path, "(config / 'aliases').write_text('alias a b@c'); (data / 'x').write_bytes(b'')")
    assert done.returncode == 0, done.stderr


def test_the_owner_of_the_machine_is_not_confined(tmp_path: Path) -> None:
    done = guest_does(tmp_path, "subprocess.run(['true'], check=True); outside.write_text('changed')", guest="")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "outside").read_text() == "changed"
