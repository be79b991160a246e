"""A Maildir and its subfolders brought into the store, and the user's actions written back into it."""

import os
import socket
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from termail.mime.headers import header_end
from termail.mime.skeleton import part_octets, without_large_parts
from termail.model.actions import AppendTo, CreateFolder, Expunge, MoveTo, SetFlags
from termail.model.folder import Folder
from termail.mra.local.maildir import Entry, Maildir
from termail.mra.local.numbers import Numbers
from termail.store.local_store import Arrived, LocalStore, Operation, RemoteFolder

FIRST_BATCH: Final = 100
"""About a screenful, shown before anything else is read."""
BATCH: Final = 1_000
START_OCTETS: Final = 16_384
"""What is read of a file first: nearly every header ends in it."""
HEADER_OCTETS: Final = 262_144
TEXTS: Final = 40
"""Messages read whole between two looks at what is more urgent."""


class Step(msgspec.Struct, frozen=True):
    """What one step did; `missing` is how many headers are still to come."""

    changed: bool
    missing: int


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
        self._entries: dict[str, dict[str, Entry]] = {}
        self._textless: array[int] | None = None

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

    def holds(self, folder: Folder) -> bool:
        """Whether the folder is on disk: one that was only wished for is not."""
        return folder.name in self._folders

    def sync(self, folder: Folder) -> Iterator[Step]:
        """Headers, newest first; each step is committed when it is yielded. Raises OSError."""
        entries = self._entries[folder.name] = self._folders[folder.name].entries()
        known = set(self._store.uids(folder.folder_id))
        by_uid = {self._numbers.uid(folder.name, unique): entries[unique] for unique in sorted(entries)}
        self._numbers.keep(folder.name, set(entries))
        self._numbers.save()
        missing = [uid for uid in by_uid if uid not in known]
        missing.sort(key=lambda uid: (by_uid[uid].delivered, uid), reverse=True)
        first, rest = missing[:FIRST_BATCH], missing[FIRST_BATCH:]
        self._take(folder, first, by_uid)
        gone = [uid for uid in known if uid not in by_uid]
        self._store.remove_uids(folder.folder_id, gone)
        flags = {uid: by_uid[uid].flags for uid in known if uid in by_uid}
        changed = bool(flags and self._store.put_flags(folder.folder_id, flags))
        yield Step(bool(first or gone or changed), len(rest))
        while rest:
            batch, rest = rest[:BATCH], rest[BATCH:]
            self._take(folder, batch, by_uid)
            yield Step(True, len(rest))

    def _take(self, folder: Folder, uids: list[int], by_uid: dict[int, Entry]) -> None:
        arrived = [message for uid in uids if (message := _arrived(uid, by_uid[uid])) is not None]
        if arrived:
            self._store.add_messages(folder.folder_id, arrived)
            self._textless = None

    def bring_texts(self) -> bool:
        """The searchable text of a few more messages, newest first → False when nothing is left."""
        if self._textless is None:
            self._textless = array("q")
            for folder in reversed(self._store.folders(self._account)):
                self._textless.extend(self._store.without_text(folder.folder_id))
        batch = [self._textless.pop() for _ in range(min(TEXTS, len(self._textless)))]
        self._store.put_texts([(message_id, self._read(message_id) or b"") for message_id in batch])
        return bool(self._textless)

    def bring(self, message_id: int) -> str:
        """The whole message into the store → "" or why not."""
        raw = self._read(message_id)
        if raw is None:
            return "the message is no longer there"
        self._store.put_raw(message_id, raw)
        return ""

    def bring_shown(self, message_id: int) -> str:
        """What is needed to read it: a large attachment stays in its file → "" or why not."""
        raw = self._read(message_id)
        skeleton = without_large_parts(raw) if raw is not None else None
        if raw is None or skeleton is None:
            return self.bring(message_id)
        self._store.put_skeleton(message_id, skeleton)
        return ""

    def bring_part(self, message_id: int, section: str) -> str:
        """One part of it → "" or why not."""
        raw = self._read(message_id)
        octets = part_octets(raw, section) if raw is not None else None
        if octets is None:
            return "the part is no longer there"
        self._store.put_part(message_id, section, octets)
        return ""

    def replay(self, operation: Operation) -> None:
        """Raises CannotDo, OSError."""
        match operation.action:
            case SetFlags(add=add, remove=remove):
                for maildir, entry, _ in self._places(operation):
                    maildir.set_flags(entry, frozenset(add), frozenset(remove))
            case Expunge():
                for _, entry, _ in self._places(operation):
                    entry.path.unlink(missing_ok=True)
            case MoveTo(folder_id=folder_id):
                name, target = self._target(folder_id)
                for _, entry, message_id in self._places(operation):
                    entry.path.rename(target.path / "cur" / entry.name)
                    self._store.assign_uid(message_id, self._numbers.uid(name, entry.unique))
            case AppendTo(folder_id=folder_id, raw=raw, flags=flags):
                name, target = self._target(folder_id)
                entry = _delivered(target, raw)
                target.set_flags(entry, frozenset(flags), frozenset())
                for message_id in operation.results:
                    self._store.assign_uid(message_id, self._numbers.uid(name, entry.unique))
            case CreateFolder(name=name):
                try:
                    self._folders[name] = self._root.create(name)
                except ValueError as error:
                    raise CannotDo(str(error)) from error
            case _:
                raise CannotDo("this cannot be done in a Maildir that is opened in place")
        self._numbers.save()

    def _places(self, operation: Operation) -> Iterator[tuple[Maildir, Entry, int]]:
        """Where the messages of an operation are on disk; what is gone needs nothing more."""
        for message_id in operation.message_ids:
            place = self._place(message_id)
            if place is not None:
                yield *place, message_id

    def _read(self, message_id: int) -> bytes | None:
        """The file's octets; None when it is gone or far too large."""
        place = self._place(message_id)
        return None if place is None else place[0].read(place[1])

    def _place(self, message_id: int) -> tuple[Maildir, Entry] | None:
        """Where a message is on disk: other programs may have renamed the file since we looked."""
        place = self._store.uid_of(message_id)
        folder = self._store.folder(place[0]) if place is not None else None
        if place is None or folder is None or folder.name not in self._folders:
            return None
        maildir = self._folders[folder.name]
        unique = self._numbers.unique(folder.name, place[1]) or ""
        entry = self._entries.get(folder.name, {}).get(unique)
        if entry is None or not entry.path.exists():
            entry = self._look_again(folder.name).get(unique)
        return None if entry is None else (maildir, entry)

    def _look_again(self, name: str) -> dict[str, Entry]:
        entries = self._entries[name] = self._folders[name].entries()
        return entries

    def _target(self, folder_id: int) -> tuple[str, Maildir]:
        folder = self._store.folder(folder_id)
        if folder is None or folder.name not in self._folders:
            raise CannotDo("the folder is gone")
        return folder.name, self._folders[folder.name]


def _arrived(uid: int, entry: Entry) -> Arrived | None:
    """The header alone; None when the file has gone meanwhile."""
    try:
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        start = file.read(START_OCTETS) or b""
        end, body = header_end(start)
        if end == body and len(start) < status.st_size:
            start += file.read(HEADER_OCTETS) or b""
            end = header_end(start)[0]
    return Arrived(
        uid=uid,
        flags=entry.flags,
        internal_date=status.st_mtime,
        size_octets=status.st_size,
        header=start[:end],
    )


def _delivered(maildir: Maildir, raw: bytes) -> Entry:
    """Written to tmp, on disk, then renamed into cur."""
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
    return Entry(unique, frozenset(), str(maildir.path / "cur"), f"{unique}:2,")
