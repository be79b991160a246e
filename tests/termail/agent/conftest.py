"""A real host for the agent to work with, and settings for it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class RealHost:
    """Ports by service; `authority` verifies its certificate."""

    ports: dict[str, int]
    authority: Path


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHost]:
    data = tmp_path_factory.mktemp("host")
    command = [sys.executable, "-m", "bundled_server", "run", "--data", str(data), "--domain", "cities.org"]
    users = ["alice", "juan", "ana", "eva", "kim", "leo"]
    command += [word for user in users for word in ("--user", f"{user}:123456")]
    command += [word for port in ("smtp", "submission", "imap", "pop3") for word in (f"--{port}", "0")]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        (authority,) = (data / "tls").glob("*.pem")
        yield RealHost(ready["hosts"][0]["ports"], authority)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


@pytest.fixture
def settings_for(host: RealHost, tmp_path: Path):
    """write(user, retrieve="imap", send_port=None) → the settings folder."""

    def write(user: str, retrieve: str = "imap", send: str = "") -> Path:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        port = host.ports["imap" if retrieve == "imap" else "pop3"]
        send = send or f"smtp://{user}@127.0.0.1:{host.ports['submission']}"
        (folder / "config.toml").write_text(
            f"""[accounts.{user}]
            from = "{user} <{user}@cities.org>"
            retrieve = "{retrieve}://{user}@127.0.0.1:{port}"
            send = "{send}"
            password_command = "echo 123456"
            ca = "{host.authority}"
            """
        )
        return folder

    return write
