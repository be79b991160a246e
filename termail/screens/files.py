"""Files on this machine: attaching, and saving under a safe name without overwriting."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from termail.mime.attachment_names import safe_name

if TYPE_CHECKING:
    from termail.mime.draft import Attachment

MAX_ATTACHMENT_OCTETS = 50_000_000


def complete_path(text: str) -> list[str]:
    """Paths a file name may go on to."""
    path = Path(text).expanduser()
    folder, start = (path, "") if text.endswith("/") or not text else (path.parent, path.name)
    try:
        names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in os.scandir(folder))
    except OSError:
        return []
    prefix = text[: len(text) - len(start)]
    return [
        prefix + name for name in names if name.startswith(start) and (start.startswith(".") or name[0] != ".")
    ]


def read_attachment(typed: str) -> "Attachment":
    """A file to attach. Raises OSError, ValueError when it is no file or too large."""
    import mimetypes  # it reads the machine's tables

    from termail.mime.draft import Attachment

    path = Path(typed).expanduser()
    if not path.is_file():
        raise ValueError(f"{path} is not a file.")
    if path.stat().st_size > MAX_ATTACHMENT_OCTETS:
        raise ValueError(f"{path.name} is larger than {MAX_ATTACHMENT_OCTETS // 1_000_000} MB.")
    content_type, encoding = mimetypes.guess_type(path.name)
    if content_type is None or encoding is not None:
        content_type = "application/octet-stream"
    return Attachment(filename=path.name, content_type=content_type, data=path.read_bytes())


def free_path(path: Path) -> Path:
    """`path`, or the same with a number where something is there already."""
    candidate, number = path, 1
    while candidate.exists() or candidate.is_symlink():
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return candidate


def target_path(typed: str, filename: str, number: str) -> Path:
    """Where to save: the path typed, or the attachment's safe name in the folder typed."""
    path = Path(typed).expanduser()
    return path / safe_name(filename, f"part-{number}") if path.is_dir() or typed.endswith("/") else path


def write_new(path: Path, data: bytes) -> Path:
    """Write a file that is not there yet (0600) → its path. A folder takes the name inside it."""
    target = free_path(path)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return target
