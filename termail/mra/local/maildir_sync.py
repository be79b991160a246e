"""A Maildir and its subfolders brought into the store, and the user's actions written back into it."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from termail.mime.headers import header_end
from termail.model.actions import AppendTo, Expunge, MoveTo, SetFlags
from termail.model.folder import Folder
from termail.mra.local.maildir import Entry, Maildir
from termail.mra.local.numbers import Numbers
from termail.store.local_store import Arrived, LocalStore, Operation, RemoteFolder

BATCH: Final = 200
HEADER_OCTETS: Final = 262_144


class CannotDo(Exception):
    """An action this place knows no way to do; the text says so."""


class MaildirSync:
    """Blocking; call it in a thread."""

    def __init__(self, account: str, path: Path, store: LocalStore, numbers: Numbers) -> None:
        self._account = account
        self._root = Maildir(path)
        self._store = store
        self._numbers = numbers
        self._folders: dict[str, Maildir] = {}

    def folders(self) -> list[Folder]:
        """As they are on disk now. Raises OSError."""
        found = {"INBOX": self._root, **dict(self._root.subfolders())}
        if self._folders.keys() == found.keys():
            return self._store.folders(self._account)
        self._folders = found
        listed = [RemoteFolder(name=name, role="inbox" if name == "INBOX" else "") for name in self._folders]
        return self._store.put_folders(self._account, listed)

    def fingerprint(self) -> tuple[int, ...]:
        """Changes when files come, go or are renamed."""
        return tuple(
            (maildir.path / part).stat().st_mtime_ns
            for maildir in self._folders.values()
            for part in ("new", "cur")
        )

    def sync(self, folder: Folder, keep_messages: int) -> Iterator[bool]:
        """Newest first; yields after each commit whether anything changed. Raises OSError."""
        maildir = self._folders[folder.name]
        entries = maildir.entries()
        known = set(self._store.uids(folder.folder_id))
        by_uid = {self._numbers.uid(folder.name, unique): entry for unique, entry in sorted(entries.items())}
        self._numbers.keep(folder.name, set(entries))
        self._numbers.save()
        gone = [uid for uid in known if uid not in by_uid]
        self._store.remove_uids(folder.folder_id, gone)
        flags = {uid: by_uid[uid].flags for uid in known if uid in by_uid}
        yield bool(self._store.put_flags(folder.folder_id, flags) or gone)
        missing = sorted(((_modified(by_uid[uid].path), uid) for uid in by_uid if uid not in known), reverse=True)
        for start in range(0, len(missing), BATCH):
            batch = [
                _arrived(uid, by_uid[uid], modified, whole=start + at < keep_messages)
                for at, (modified, uid) in enumerate(missing[start : start + BATCH])
            ]
            self._store.add_messages(folder.folder_id, [message for message in batch if message is not None])
            yield True

    def bring(self, message_id: int) -> str:
        """The whole message into the store → "" or why not."""
        place = self._place(message_id)
        raw = place[0].read(place[1]) if place is not None else None
        if raw is None:
            return "the message is no longer there"
        self._store.put_raw(message_id, raw)
        return ""

    def replay(self, operation: Operation) -> None:
        """Raises CannotDo, OSError."""
        match operation.action:
            case SetFlags(add=add, remove=remove):
                for message_id in operation.message_ids:
                    place = self._place(message_id)
                    if place is not None:
                        place[0].set_flags(place[1].unique, frozenset(add), frozenset(remove))
            case Expunge():
                for message_id in operation.message_ids:
                    place = self._place(message_id)
                    if place is not None:
                        place[0].remove(place[1].unique)
            case MoveTo(folder_id=folder_id):
                name, target = self._target(folder_id)
                for message_id in operation.message_ids:
                    place = self._place(message_id)
                    if place is not None:
                        place[1].path.rename(target.path / "cur" / place[1].path.name)
                        self._store.assign_uid(message_id, self._numbers.uid(name, place[1].unique))
            case AppendTo(folder_id=folder_id, raw=raw, flags=flags):
                name, target = self._target(folder_id)
                unique = _delivered(target, raw)
                target.set_flags(unique, frozenset(flags), frozenset())
                for message_id in operation.results:
                    self._store.assign_uid(message_id, self._numbers.uid(name, unique))
            case _:
                raise CannotDo("this cannot be done in a Maildir that is opened in place")
        self._numbers.save()

    def _place(self, message_id: int) -> tuple[Maildir, Entry] | None:
        """Where a message is on disk."""
        place = self._store.uid_of(message_id)
        folder = self._store.folder(place[0]) if place is not None else None
        if place is None or folder is None or folder.name not in self._folders:
            return None
        unique = self._numbers.unique(folder.name, place[1])
        entry = self._folders[folder.name].entries().get(unique or "")
        return None if entry is None else (self._folders[folder.name], entry)

    def _target(self, folder_id: int) -> tuple[str, Maildir]:
        folder = self._store.folder(folder_id)
        if folder is None or folder.name not in self._folders:
            raise CannotDo("the folder is gone")
        return folder.name, self._folders[folder.name]


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _arrived(uid: int, entry: Entry, modified: float, *, whole: bool) -> Arrived | None:
    try:
        size = entry.path.stat().st_size
        with entry.path.open("rb") as file:
            raw = file.read(size if whole else HEADER_OCTETS)
    except OSError:
        return None
    header = raw[: header_end(raw)[0]]
    return Arrived(
        uid=uid,
        flags=entry.flags,
        internal_date=modified,
        size_octets=size,
        header=header,
        raw=raw if len(raw) == size else None,
    )


def _delivered(maildir: Maildir, raw: bytes) -> str:
    """Written to tmp, on disk, then renamed into cur → its unique name."""
    host = socket.gethostname().replace("/", "_").replace(":", "_")
    unique = f"{time.time_ns()}.{os.getpid()}.{host}"
    temporary = maildir.path / "tmp" / unique
    temporary.parent.mkdir(exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(maildir.path / "cur" / f"{unique}:2,")
    return unique
