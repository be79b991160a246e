"""Names under which attachments are saved: inside the chosen folder, whatever the sender wrote."""

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Final

from termail.mime import limits
from termail.mime.sanitize import clean_line

_UNSAFE: Final = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f␀-␡\ufffd]')
_DEVICES: Final = re.compile(r"(?i)^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)")
_FALLBACK: Final = "attachment"
_TRIES: Final = 10_000


def safe_name(filename: str, fallback: str = _FALLBACK) -> str:
    """One path component made of `filename`: no folders, devices, controls, leading dots; at most 200 octets."""
    name = unicodedata.normalize("NFC", clean_line(filename[:4096].replace("\\", "/")))
    name = PurePosixPath(name).name if name.strip("/. ") else ""
    name = _UNSAFE.sub("_", name).strip().lstrip(".-~ ").rstrip(". ")
    name = _DEVICES.sub(lambda found: f"_{found[0]}", name)
    if not name.strip("_"):
        name = fallback
    return _shortened(name)


def unique_path(folder: Path, filename: str) -> Path:
    """A path in `folder` that nothing has yet ("name (2).pdf"). Raises FileExistsError when all are taken."""
    name = safe_name(filename)
    stem, suffix = _split(name)
    for number in range(1, _TRIES):
        candidate = folder / (name if number == 1 else _shortened(f"{stem} ({number}){suffix}"))
        if not os.path.lexists(candidate):
            return candidate
    raise FileExistsError(f"{folder}: too many files called {name}")


def save_attachment(folder: Path, filename: str, data: bytes) -> Path:
    """Write `data` into a new file (mode 0600) in `folder` → its path. Never overwrites, never follows a link."""
    while True:
        path = unique_path(folder, filename)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            continue  # somebody was faster: the next free name
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return path


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) <= 16 else (name, "")


def _shortened(name: str) -> str:
    """Cut in the middle of the name, never in its ending or inside a character."""
    if len(name.encode("utf-8")) <= limits.FILENAME_OCTETS:
        return name
    stem, suffix = _split(name)
    room = limits.FILENAME_OCTETS - len(suffix.encode("utf-8"))
    return stem.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip() + suffix
