"""A Maildir (cr.yp.to/proto/maildir.html): read in place, flags written into the file names."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUBFOLDER_LIMIT: Final = 5_000
MESSAGE_OCTETS: Final = 150_000_000
_FLAGS: Final = {"S": "\\Seen", "F": "\\Flagged", "R": "\\Answered", "T": "\\Deleted", "D": "\\Draft"}
_LETTERS: Final = {name: letter for letter, name in _FLAGS.items()}
_INFO: Final = re.compile(r"(.*?)(?::2,([A-Za-z]*))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message file: `unique` is the name without flags and never changes."""

    unique: str
    flags: frozenset[str]
    path: Path


class Maildir:
    """One folder, with new/ and cur/."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether a folder is a Maildir."""
        return (path / "cur").is_dir() and (path / "new").is_dir()

    def subfolders(self) -> Iterator[tuple[str, "Maildir"]]:
        """(name with "/" between levels, Maildir): Maildir++ (.Lists.python) and nested ones (Lists/python)."""
        pending = [("", self.path)]
        found = 0
        while pending:
            above, path = pending.pop()
            for inner in sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.is_symlink()):
                if inner.name in ("cur", "new", "tmp"):
                    continue
                dotted = inner.name.startswith(".")
                name = inner.name[1:].replace(".", "/") if dotted else inner.name
                name = f"{above}/{name}" if above else name
                found += 1
                if not name or found > SUBFOLDER_LIMIT:
                    continue
                if Maildir.is_one(inner):
                    yield name, Maildir(inner)
                if not dotted:
                    pending.append((name, inner))

    def entries(self) -> dict[str, Entry]:
        """What is there now, by unique name."""
        found: dict[str, Entry] = {}
        for part in ("new", "cur"):
            with os.scandir(self.path / part) as listing:
                for file in listing:
                    if file.name.startswith(".") or not file.is_file(follow_symlinks=False):
                        continue
                    match = _INFO.fullmatch(file.name)
                    unique, letters = (match[1], match[2] or "") if match is not None else (file.name, "")
                    flags = frozenset(_FLAGS[letter] for letter in letters if letter in _FLAGS)
                    found[unique] = Entry(unique, flags, Path(file.path))
        return found

    def read(self, entry: Entry) -> bytes | None:
        """None when it is gone or far too large."""
        try:
            if entry.path.stat().st_size > MESSAGE_OCTETS:
                return None
            return entry.path.read_bytes()
        except OSError:
            return None

    def set_flags(self, unique: str, add: frozenset[str], remove: frozenset[str]) -> bool:
        """Rename the file → False when it is gone. Keywords have no letter and stay here."""
        entry = self.entries().get(unique)
        if entry is None:
            return False
        flags = (entry.flags | add) - remove
        letters = "".join(sorted(_LETTERS[name] for name in flags if name in _LETTERS))
        target = self.path / "cur" / f"{unique}:2,{letters}"
        if target != entry.path:
            entry.path.rename(target)
        return True

    def remove(self, unique: str) -> None:
        """Expunge one."""
        entry = self.entries().get(unique)
        if entry is not None:
            entry.path.unlink(missing_ok=True)
