"""Mail for training, as it lies in files: single messages, folders of them, Maildirs and mboxes."""

from collections.abc import Iterator
from pathlib import Path

from bundled_server.mailbox.files.mbox import read_mbox

LARGEST_MESSAGE_OCTETS = 64 * 1024 * 1024
_NEXT_MESSAGE = b"\n\nFrom "
_LOOKED_AT_OCTETS = 4 * 1024 * 1024


def messages_at(path: Path) -> Iterator[bytes]:
    """Every message at a path, in the order of their names: of a Maildir those in `cur` and `new`, of another
    folder each file in it, of a file all that an mbox holds. Raises OSError."""
    if path.is_dir():
        for folder in _mail_folders(path):
            for file in sorted(folder.iterdir()):
                if file.is_file() and not file.name.startswith("."):
                    yield one_message(file)
    elif _is_mbox(path):
        with path.open("rb") as mbox:
            yield from (message.data for message in read_mbox(mbox, ""))
    else:
        yield one_message(path)


def one_message(path: Path) -> bytes:
    """A file that is one message, without the From_ line that some programs put before it. Raises OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST_MESSAGE_OCTETS)
    return data.partition(b"\n")[2] if data.startswith(b"From ") else data


def _mail_folders(path: Path) -> tuple[Path, ...]:
    maildir = tuple(folder for folder in (path / "cur", path / "new") if folder.is_dir())
    return maildir or (path,)


def _is_mbox(path: Path) -> bool:
    """A From_ line alone is no proof: single messages are kept with one, too."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT_OCTETS)
    return start.startswith(b"From ") and (
        path.suffix == ".mbox" or _NEXT_MESSAGE in start.replace(b"\r\n", b"\n")
    )
