"""Real gpg in a private home: Ana and Bob have keys; Mallory's is there and certified by nobody."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from termail.mime.crypto.gpg import Gpg


def _gpg(home: Path, *words: str, octets: bytes = b"") -> None:
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase"]
    done = subprocess.run([*command, *words], input=octets, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="gpg-"))  # short: the agent's socket lives in it
    for name in ("Ana <ana@other.test>", "Bob <bob@cities.org>"):
        _gpg(folder, "", "--quick-gen-key", name, "future-default", "default", "never")
    _gpg(folder, "locked", "--quick-gen-key", "Locked <locked@other.test>", "future-default", "default", "never")
    stranger = folder / "stranger"
    stranger.mkdir(mode=0o700)
    _gpg(stranger, "", "--quick-gen-key", "Mallory <mallory@evil.test>", "future-default", "default", "never")
    exported = subprocess.run(
        ["gpg", "--homedir", str(stranger), "--export"], capture_output=True, check=True
    ).stdout
    _gpg(folder, "", "--import", octets=exported)
    for place in (folder, stranger):
        subprocess.run(["gpgconf", "--homedir", str(place), "--reload", "gpg-agent"], check=False)
    yield folder
    for place in (folder, stranger):
        subprocess.run(["gpgconf", "--homedir", str(place), "--kill", "all"], check=False)
    shutil.rmtree(folder)


@pytest.fixture
def gpg(home: Path) -> Gpg:
    return Gpg(home=home)


@pytest.fixture
def stranger(home: Path) -> Gpg:
    return Gpg(home=home / "stranger")
