"""A Maildir (cr.yp.to/proto/maildir.html): read in place, flags written into the file names."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUBFOLDER_LIMIT: Final = 5_000
LETTERS_KEPT: Final = 1_000
MESSAGE_OCTETS: Final = 150_000_000
_FLAGS: Final = {"S": "\\Seen", "F": "\\Flagged", "R": "\\Answered", "T": "\\Deleted", "D": "\\Draft"}
_LETTERS: Final = {name: letter for letter, name in _FLAGS.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One message file: `unique` is the name without flags and never changes."""

    unique: str
    flags: frozenset[str]
    folder: str
    name: str

    @property
    def path(self) -> Path:
        """Where it is now."""
        return Path(self.folder, self.name)

    @property
    def delivered(self) -> int:
        """Epoch seconds, as the name tells by convention; 0 when it tells nothing."""
        digits = self.unique.partition(".")[0]
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0


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

    def create(self, name: str) -> "Maildir":
        """A subfolder of that name as Maildir++ has them. Raises OSError, ValueError for what can be no name."""
        levels = name.split("/")
        if not all(level and "." not in level and level.isprintable() for level in levels) or len(name) > 200:
            raise ValueError(f"{name!r} cannot be a folder of a Maildir")
        path = self.path / f".{'.'.join(levels)}"
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        return Maildir(path)

    def entries(self) -> dict[str, Entry]:
        """What is there now, by unique name."""
        found: dict[str, Entry] = {}
        known: dict[str, frozenset[str]] = {"": frozenset()}
        for part in ("new", "cur"):
            folder = str(self.path / part)
            with os.scandir(folder) as listing:
                for file in listing:
                    name = file.name
                    if name.startswith(".") or not file.is_file(follow_symlinks=False):
                        continue
                    unique, _, letters = name.partition(":2,")
                    flags = known.get(letters)
                    if flags is None:
                        flags = frozenset(_FLAGS[letter] for letter in letters if letter in _FLAGS)
                        if len(known) < LETTERS_KEPT:
                            known[letters] = flags
                    found[unique] = Entry(unique, flags, folder, name)
        return found

    def read(self, entry: Entry) -> bytes | None:
        """None when it is gone or far too large."""
        try:
            if entry.path.stat().st_size > MESSAGE_OCTETS:
                return None
            return entry.path.read_bytes()
        except OSError:
            return None

    def set_flags(self, entry: Entry, add: frozenset[str], remove: frozenset[str]) -> None:
        """Rename the file. Keywords have no letter and stay here. Raises OSError."""
        flags = (entry.flags | add) - remove
        letters = "".join(sorted(_LETTERS[name] for name in flags if name in _LETTERS))
        target = self.path / "cur" / f"{entry.unique}:2,{letters}"
        if target != entry.path:
            entry.path.rename(target)
