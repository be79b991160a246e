"""A practice world as its users start it: one process, real sockets, a folder of its own."""

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunningWorld:
    """The two hosts by domain, as the ready line told them."""

    process: subprocess.Popen[bytes]
    hosts: dict[str, dict[str, object]]
    folder: Path

    def port(self, domain: str, service: str) -> int:
        ports = self.hosts[domain]["ports"]
        assert isinstance(ports, dict)
        return int(ports[service])


def start_world(folder: Path) -> RunningWorld:
    """Start it and wait for its ready line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bundled_server", "world", "--data", str(folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=(folder.parent / f"{folder.name}.log").open("wb"),
    )
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "the world did not get ready within 60 s"
    said = os.read(process.stdout.fileno(), 65_536)
    assert said, (folder.parent / f"{folder.name}.log").read_text()[-2000:]
    line = json.loads(said)
    assert line["ready"] is True
    return RunningWorld(process, {host["domain"]: host for host in line["hosts"]}, folder)


def stop_world(world: RunningWorld) -> int:
    """SIGTERM, then the exit code."""
    world.process.terminate()
    return world.process.wait(30)
