"""sieve-connect, a ManageSieve client that nobody here wrote: scripts up, down, listed, active, gone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("sieve-connect") is None, reason="needs sieve-connect"),
]


def sieve_connect(server, *arguments: str, mechanism: str = "PLAIN") -> subprocess.CompletedProcess[str]:
    """One run, the password on a pipe."""
    reading, writing = os.pipe()
    os.write(writing, b"123456\n")
    os.close(writing)
    command = ["sieve-connect", "--server", "localhost", "--port", str(server.ports["managesieve"]), "--4"]
    command += ["--user", "alice", "--passwordfd", str(reading), "--authmech", mechanism, "--notlsverify"]
    try:
        return subprocess.run(
            command + list(arguments), check=False, capture_output=True, text=True, timeout=30, pass_fds=(reading,)
        )
    finally:
        os.close(reading)


def test_sieve_connect_looks_after_scripts(server, tmp_path: Path) -> None:
    script = tmp_path / "main.sieve"
    script.write_text('require "fileinto";\nif header :contains "subject" "list" { fileinto "Archive"; }\n')
    done = sieve_connect(server, "--localsieve", str(script), "--remotesieve", "main", "--upload")
    assert done.returncode == 0, done.stderr
    assert sieve_connect(server, "--remotesieve", "main", "--activate").returncode == 0
    listed = sieve_connect(server, "--list")
    assert '"main" ACTIVE' in listed.stdout
    fetched = tmp_path / "fetched.sieve"
    assert (
        sieve_connect(server, "--remotesieve", "main", "--localsieve", str(fetched), "--download").returncode == 0
    )
    assert fetched.read_text().replace("\r\n", "\n") == script.read_text()
    assert sieve_connect(server, "--deactivate").returncode == 0
    assert sieve_connect(server, "--remotesieve", "main", "--delete").returncode == 0
    assert "main" not in sieve_connect(server, "--list").stdout


def test_sieve_connect_hears_what_is_wrong_with_a_script(server, tmp_path: Path) -> None:
    script = tmp_path / "bad.sieve"
    script.write_text("keep;\nfrobnicate;\n")
    done = sieve_connect(server, "--localsieve", str(script), "--remotesieve", "bad", "--upload")
    assert done.returncode != 0
    assert "line 2" in done.stdout + done.stderr
