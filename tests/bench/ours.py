"""Our own server for a measurement: started as its users start it, durable, on free ports."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType


class OurServer:
    """`termail-server run` for example.test with the users alice and bench, password "pw", and more options."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self._options = options
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "OurServer":
        command = [
            sys.executable,
            "-m",
            "bundled_server",
            "run",
            "--data",
            str(self.data),
            "--domain",
            "example.test",
        ]
        command += ["--hostname", "mx.example.test", "--user", "alice:pw", "--user", "bench:pw"]
        for service in ("smtp", "submission", "imap", "pop3", "admin"):
            command += [f"--{service}", "0"]
        command += self._options
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], 30)
        if not readable:
            raise RuntimeError("our server did not get ready")
        ready = json.loads(os.read(self.process.stdout.fileno(), 65_536))
        self.ports = ready["hosts"][0]["ports"]
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
