"""What a guest of web mail may not do: what reaches files, programs or the network of the machine it runs on."""

import os
import sys
from pathlib import Path
from typing import Final

_STARTS: Final = frozenset({"os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn"})
_CHANGES: Final = {"os.remove": 1, "os.truncate": 1, "os.chmod": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

HOST_COMMANDS = frozenset(
    {
        "shell-escape",
        "pipe-message",
        "pipe-attachment",
        "print-message",
        "view-mailcap",
        "open-in-browser",
        "filter-message",
        "check-spelling",
        "edit-with-headers",
        "edit-raw",
        "attach-file",
        "insert-template",
        "save-attachments",
        "unsubscribe-list",
        "pgp-menu",
        "smime-menu",
        "find-key",
        "extract-keys",
        "trace-script",
        "console",
        "console-connect",
        "console-smtp",
        "console-pop3",
        "console-imap",
        "console-save",
        "record",
        "wire-export",
        "journey-export",
        "world",
        "lesson",
        "presenter",
    }
)


def confine(*folders: Path) -> None:
    """Whatever a command is called: this process runs no foreign program, changes no file outside `folders`, and
    connects to no network, for as long as it lives. What it needs of the mail host, the agent fetches."""
    import tempfile

    tempfile.gettempdir()  # tries it by writing, once: the agent's place asks for it
    inside = tuple(os.path.realpath(folder) for folder in folders)

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        if event in _STARTS or (event == "subprocess.Popen" and not _is_ours(arguments[1])):
            raise PermissionError("Web mail runs no programs.")
        if event in ("socket.connect", "socket.bind") and not isinstance(arguments[1], str | bytes):
            raise PermissionError("Web mail connects to nothing but the mail host.")
        for path in _changed(event, arguments):
            if path != os.devnull and not _is_inside(os.path.realpath(path), inside):
                raise PermissionError("Web mail touches no files of this machine.")

    sys.addaudithook(guard)


def _is_ours(command: object) -> bool:
    """The agent, and the process that reads HTML, are this program again."""
    if not isinstance(command, list) or command[:1] != [sys.executable] or "-m" not in command:
        return False
    module = command[command.index("-m") + 1 :][:1]
    return module in (["termail.agent"], ["termail.mime.html_worker"]) and "-c" not in command


def _changed(event: str, arguments: tuple[object, ...]) -> list[str]:
    """The paths an audit event is about to change."""
    if event == "open":
        flags = arguments[2]
        writes = isinstance(flags, int) and bool(flags & _WRITES)
        return [os.fsdecode(arguments[0])] if writes and isinstance(arguments[0], str | bytes) else []
    paths = arguments[: _CHANGES.get(event, 0)]
    return [os.fsdecode(path) for path in paths if isinstance(path, str | bytes | os.PathLike)]


def _is_inside(path: str, folders: tuple[str, ...]) -> bool:
    return any(path.startswith(folder + os.sep) for folder in folders)
