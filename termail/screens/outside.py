"""Programs outside: the user's shell, pipes and editor, with the whole terminal while the client waits."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


def run_outside(command: str, stdin: bytes | None = None) -> int:
    """Run a shell command line the user typed (mutt's `!` and `|`); pause when it printed something."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    completed = subprocess.run([shell, "-c", command], input=stdin, check=False)
    input("Press Enter to go on... ")
    return completed.returncode


def editor_of(environ: dict[str, str], wanted: str = "") -> str:
    """The editor's command line: the settings, $VISUAL, $EDITOR, or "" for the built-in one."""
    return wanted or environ.get("VISUAL", "") or environ.get("EDITOR", "")


def edit_outside(editor: str, text: str) -> str:
    """`text` as the editor left it. Raises OSError when the editor cannot run or fails."""
    with tempfile.TemporaryDirectory(prefix="termail-") as folder:
        path = Path(folder) / "message.txt"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        completed = subprocess.run([*shlex.split(editor), str(path)], check=False)
        if completed.returncode:
            raise OSError(f"{editor} ended with status {completed.returncode}; the text is as it was")
        return path.read_text(encoding="utf-8", errors="replace")
