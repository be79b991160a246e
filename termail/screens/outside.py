"""Programs outside: the user's shell, pipes and editor, with the whole terminal while the client waits."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def run_outside(command: str, stdin: bytes | None = None) -> int:
    """Run a shell command line the user typed (mutt's `!` and `|`); pause when it printed something."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    with _interrupts_are_the_childs():
        completed = subprocess.run([shell, "-c", command], input=stdin, check=False)
        with contextlib.suppress(EOFError):
            input("Press Enter to go on... ")
    return completed.returncode


@contextlib.contextmanager
def _interrupts_are_the_childs() -> Iterator[None]:
    """Ctrl-C in the program outside does not end the client; a handler, unlike SIG_IGN, is not inherited."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def editor_of(environ: dict[str, str], wanted: str = "") -> str:
    """The editor's command line: the settings, $VISUAL, $EDITOR, or "" for the built-in one."""
    return wanted or environ.get("VISUAL", "") or environ.get("EDITOR", "")


def edit_outside(editor: str, text: str) -> str:
    """`text` as the editor left it. Raises OSError when the editor cannot run or fails."""
    with tempfile.TemporaryDirectory(prefix="termail-") as folder:
        path = Path(folder) / "message.txt"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        with _interrupts_are_the_childs():
            completed = subprocess.run([*shlex.split(editor), str(path)], check=False)
        if completed.returncode:
            raise OSError(f"{editor} ended with status {completed.returncode}; the text is as it was")
        return path.read_text(encoding="utf-8", errors="replace")
