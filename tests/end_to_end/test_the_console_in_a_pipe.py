"""termail console in a pipe: the lecture's sessions against the practice world, and a word about a wrong place."""

import subprocess
import sys
from pathlib import Path

import pytest


def console(world, folder: Path, place: str, typed: str) -> "subprocess.CompletedProcess[str]":
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(f'[practice]\nworld = "{world.folder}"\n')
    command = [sys.executable, "-m", "termail", "console", place, "--config", str(folder), "--data", str(folder)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("service", "last"),
    [("smtp", "S: 221 2.0.0"), ("pop3", "S: +OK Sayonara"), ("imap", "S: A0006 OK LOGOUT completed")],
)
def test_the_lectures_sessions_are_played_to_their_end(world, tmp_path: Path, service: str, last: str) -> None:
    told = console(world, tmp_path, service, ":play\n")
    assert told.returncode == 0, told.stderr
    assert last in told.stdout
    assert "123456" not in told.stdout


def test_tls_is_begun_by_hand_and_the_transcript_kept(world, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    told = console(world, tmp_path, "submission", f"EHLO me\nSTARTTLS\nEHLO me\n:save {kept}\nQUIT\n")
    assert "from here on TLSv1.3" in told.stdout
    assert kept.read_text().count("C: EHLO me") == 2


def test_a_place_that_is_none_is_explained(world, tmp_path: Path) -> None:
    told = console(world, tmp_path, "nowhere", "")
    assert told.returncode == 2
    assert "write HOST:PORT" in told.stderr
