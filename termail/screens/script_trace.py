"""What a Sieve script would do to a message, line by line, as `termail-server sieve trace` tells it."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from termail.mime.sanitize import clean_line

TRACE_SECONDS: Final = 30.0


def trace_lines(script: str, raw: bytes, recipient: str, mailboxes: Sequence[str]) -> list[str]:
    """The report, sanitised. Raises LookupError when there is none."""
    with tempfile.TemporaryDirectory(prefix="termail-") as folder:
        script_path, message_path = Path(folder) / "script", Path(folder) / "message"
        script_path.write_text(script, encoding="utf-8")
        message_path.write_bytes(raw)
        command = [sys.executable, "-m", "bundled_server", "sieve", "trace", "--to", recipient]
        for name in mailboxes:
            command.append(f"--mailbox={name}")
        command += [str(script_path), str(message_path)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TRACE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LookupError(f"The trace cannot be made: {error}") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").replace(f"{script_path}, ", "").strip().splitlines()
        raise LookupError(words[-1] if words else "The trace cannot be made.")
    return [
        clean_line(line) if line.strip() else "" for line in done.stdout.decode("utf-8", "replace").splitlines()
    ]
