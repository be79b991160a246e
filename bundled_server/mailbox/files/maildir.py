"""Maildir, with Maildir++ folders below it and Dovecot's file of keywords."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bundled_server.mailbox.files.folder_names import from_folder, to_folder
from bundled_server.mailbox.files.portable import PortableMessage, with_lf
from bundled_server.mailbox.names import INBOX

KEYWORDS_FILE: Final = "dovecot-keywords"
KEYWORDS: Final = 26

LETTERS: Final = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "P": "$Forwarded",
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
_BY_FLAG: Final = {flag: letter for letter, flag in LETTERS.items()}


def read_maildir(path: Path, mailbox: str | None = None) -> Iterator[PortableMessage]:
    """Every message: those of `path` itself belong to INBOX, those of `path/.Name` to Name. With `mailbox`, only
    those of `path` itself, for that mailbox. Raises OSError, also when `path` is no Maildir."""
    if not (path / "cur").is_dir():
        raise NotADirectoryError(f"{path} is no Maildir: it has no cur")
    yield from _read_folder(path, mailbox or INBOX)
    if mailbox is not None:
        return
    for folder in sorted(path.iterdir()):
        if folder.name.startswith(".") and (folder / "cur").is_dir():
            yield from _read_folder(folder, from_folder(folder.name[1:]))


def _read_folder(folder: Path, mailbox: str) -> Iterator[PortableMessage]:
    keywords = _read_keywords(folder)
    for part in ("cur", "new"):
        if not (folder / part).is_dir():
            continue
        for entry in sorted(os.scandir(folder / part), key=lambda entry: entry.name):
            if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                continue
            letters = entry.name.rpartition(":2,")[2] if part == "cur" and ":2," in entry.name else ""
            named = {**LETTERS, **keywords}
            flags = frozenset(named[letter] for letter in letters if letter in named)
            yield PortableMessage(mailbox, Path(entry.path).read_bytes(), flags, entry.stat().st_mtime)


def _read_keywords(folder: Path) -> dict[str, str]:
    """Keywords by their letters a to z."""
    try:
        lines = (folder / KEYWORDS_FILE).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split() for line in lines)
    numbered = ((int(pair[0]), pair[1]) for pair in pairs if len(pair) == 2 and pair[0].isdecimal())
    return {chr(97 + number): keyword for number, keyword in numbered if number < KEYWORDS}


class MaildirWriter:
    """Writes one mailbox: to `root` itself or to its Maildir++ folder there. Raises OSError."""

    def __init__(self, root: Path, mailbox: str, *, is_root: bool) -> None:
        path = root if is_root else root / ("." + to_folder(mailbox))
        for part in ("tmp", "new", "cur"):
            (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_root:
            (path / "maildirfolder").touch(0o600)
        self._path = path
        self._present = {name.partition(":")[0] for name in os.listdir(path / "cur")}
        self._letters = {keyword: letter for letter, keyword in _read_keywords(path).items()}

    def write(self, message: PortableMessage) -> bool:
        """Write one message. One whose key is there already is passed over, so that an export can be repeated;
        whether it was written."""
        base = f"{int(message.internal_date)}.{message.key}.termail"
        if base in self._present:
            return False
        self._present.add(base)
        temporary = self._path / "tmp" / base
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(with_lf(message.data))
        os.utime(temporary, (message.internal_date, message.internal_date))
        final = self._path / "cur" / f"{base}:2,{self._flag_letters(message.flags)}"
        temporary.replace(final)
        return True

    def _flag_letters(self, flags: Iterable[str]) -> str:
        letters = {_BY_FLAG.get(flag) or self._keyword_letter(flag) for flag in sorted(flags)}
        return "".join(sorted(letters))

    def _keyword_letter(self, flag: str) -> str:
        """The letter of a keyword, "" when there are too many keywords or it is no keyword."""
        if flag.startswith("\\"):
            return ""
        if flag not in self._letters and len(self._letters) < KEYWORDS:
            free = next(c for c in "abcdefghijklmnopqrstuvwxyz" if c not in self._letters.values())
            self._letters[flag] = free
            by_letter = sorted((letter, keyword) for keyword, letter in self._letters.items())
            lines = (f"{ord(letter) - 97} {keyword}\n" for letter, keyword in by_letter)
            (self._path / KEYWORDS_FILE).write_text("".join(lines), "utf-8")
        return self._letters.get(flag, "")
