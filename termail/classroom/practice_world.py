"""The practice world as a process of its own: started, waited for, described, stopped."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
SERVICES = ("smtp", "submission", "imap", "pop3", "admin")


class WorldDidNotStart(Exception):
    """The world's process ended or said nothing; the text holds its last words."""


@dataclass(frozen=True, slots=True)
class WorldHost:
    """One host of the world: `ports` by service name, `data` its folder (the admin token is in there)."""

    name: str
    domain: str
    ports: dict[str, int]
    data: Path


class PracticeWorld:
    """`termail-server world` as a child process; use it as a context manager."""

    def __init__(self, data: Path, *, bare: bool = False) -> None:
        """With `bare` there is no sample mail."""
        self.data = data
        self._bare = bare
        self.hosts: tuple[WorldHost, ...] = ()
        self.certificate_authority = data / "authority.pem"
        self.name_server = ("127.0.0.1", 0)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def __enter__(self) -> "PracticeWorld":
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._log = os.fdopen(
            os.open(self.data / "world.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab"
        )
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bundled_server",
                "world",
                "--data",
                str(self.data),
                "--json",
                "--stop-with-stdin",
                *(["--bare"] if self._bare else []),
            ],
            stdin=subprocess.PIPE,  # closed when we end, however we end: then the world ends too
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C in the terminal is the client's, not the world's
        )
        try:
            self._read_ready_line()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log is not None:
            self._log.close()

    def host_of(self, domain: str) -> WorldHost:
        """The host that serves `domain`; raises LookupError."""
        for host in self.hosts:
            if host.domain == domain:
                return host
        raise LookupError(f"no host of this world serves {domain}")

    def _read_ready_line(self) -> None:
        line = self._first_line()
        if not line:
            assert self._process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            log = (self.data / "world.log").read_text(errors="replace").strip().splitlines()
            raise WorldDidNotStart("the practice world did not start: " + (log[-1] if log else "it said nothing"))
        ready: dict[str, Any] = json.loads(line)
        self.hosts = tuple(
            WorldHost(host["name"], host["domain"], dict(host["ports"]), Path(host["data"]))
            for host in ready["hosts"]
        )
        self.certificate_authority = Path(ready["ca"])
        self.name_server = (str(ready["dns"]["host"]), int(ready["dns"]["port"]))

    def _first_line(self) -> bytes:
        """The child's first line of output, b"" at its end or after the deadline."""
        assert self._process is not None and self._process.stdout is not None
        stdout = self._process.stdout
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            return lines.get(timeout=READY_SECONDS)
        except queue.Empty:
            return b""
