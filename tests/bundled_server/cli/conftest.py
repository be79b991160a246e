"""termail-server as people run it: a process, its ready line, its exit code."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "bundled_server"]


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    ready: dict[str, object]
    data: Path

    @property
    def ports(self) -> dict[str, int]:
        return self.ready["hosts"][0]["ports"]


@pytest.fixture
def termail_server() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command to its end."""

    def run(*arguments: object, text: str = "") -> subprocess.CompletedProcess[str]:
        command = COMMAND + [str(argument) for argument in arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)

    return run


@pytest.fixture
def run_host(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the host of cities.org with alice, on free ports and with more options."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*options: str) -> Running:
        data = tmp_path / "host"
        command = COMMAND + [
            "run",
            "--data",
            str(data),
            "--domain",
            "cities.org",
            "--user",
            "alice:123456",
            *options,
        ]
        for service in ("smtp", "submission", "imap", "pop3", "admin"):
            command += [f"--{service}", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        started.append(process)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0], "not ready"
        return Running(process, json.loads(os.read(process.stdout.fileno(), 65_536)), data)

    yield run
    for process in started:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def running(run_host: Callable[..., Running]) -> Running:
    """A host of cities.org with alice, on free ports."""
    return run_host()
