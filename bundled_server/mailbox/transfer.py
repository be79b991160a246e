"""Import and export: mail between a user's mailboxes and the files of other programs."""

import os
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import IO, Final

from bundled_server.mailbox.changes import AddMessage, CreateMailbox, Subscribe
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.files.folder_names import from_folder, to_folder
from bundled_server.mailbox.files.maildir import MaildirWriter, read_maildir
from bundled_server.mailbox.files.mbox import read_mbox, write_message
from bundled_server.mailbox.files.portable import PortableMessage
from bundled_server.mailbox.names import INBOX, canonical
from bundled_server.mailbox.store import Mailbox, NoSuchMailbox, Store, StoreError

MESSAGES_TOGETHER: Final = 200
OCTETS_TOGETHER: Final = 8 * 1024 * 1024
MBOX_SUFFIX: Final = ".mbox"


class MailFormat(StrEnum):
    """How mail lies in files."""

    MAILDIR = "maildir"
    MBOX = "mbox"


async def import_mail(
    store: Store, user: str, path: Path, mail_format: MailFormat, mailbox: str | None = None
) -> int:
    """Add every message under `path` to the user's mailboxes, which are made where they are missing; how many.

    A Maildir brings its Maildir++ folders, a folder of mbox files (as `export_mail` writes it) a mailbox for each;
    with `mailbox` everything at `path` itself goes there. Messages go in a few hundred at a time: what was
    committed before an error stays. Raises StoreError (no such user), StoreUnavailable, OSError.
    """
    if await store.user(user) is None:
        raise StoreError(f"there is no user {user}")
    read = _read_mbox_files if mail_format is MailFormat.MBOX else read_maildir
    ids: dict[str, int] = {}
    waiting: list[AddMessage] = []
    count = octets = 0
    for message in read(path, mailbox):
        name = canonical(message.mailbox)
        if name not in ids:
            ids[name] = (await _wanted_mailbox(store, user, name)).mailbox_id
        waiting.append(AddMessage(ids[name], prepare(message.data), message.flags, message.internal_date))
        count += 1
        octets += len(message.data)
        if len(waiting) >= MESSAGES_TOGETHER or octets >= OCTETS_TOGETHER:
            await store.commit(*waiting)
            waiting, octets = [], 0
    await store.commit(*waiting)
    return count


async def export_mail(
    store: Store, user: str, path: Path, mail_format: MailFormat, mailbox: str | None = None
) -> int:
    """Write the user's mailboxes, or one, to `path`; how many messages were written.

    A Maildir is made at `path`, other mailboxes than INBOX as Maildir++ folders; it can be repeated, and adds what
    is new. For mbox, `path` is a folder with a file NAME.mbox for each mailbox, or with `mailbox` the one file.
    A file that exists is not overwritten: FileExistsError. Raises StoreError (no such user, no such mailbox),
    OSError.
    """
    if await store.user(user) is None:
        raise StoreError(f"there is no user {user}")
    if mailbox is None:
        chosen = await store.mailboxes(user)
    else:
        found = await store.mailbox(user, mailbox)
        if found is None:
            raise NoSuchMailbox(f"{user} has no mailbox {mailbox}")
        chosen = [found]
    count = 0
    for source in chosen:
        root = source.name if mailbox is not None else None
        if mail_format is MailFormat.MAILDIR:
            count += await _export_maildir(store, source, path, root)
        else:
            place = path if root is not None else path / (to_folder(source.name) + MBOX_SUFFIX)
            count += await _export_mbox(store, source, place)
    return count


async def _wanted_mailbox(store: Store, user: str, name: str) -> Mailbox:
    found = await store.mailbox(user, name)
    if found is not None:
        return found
    created, _ = await store.commit(CreateMailbox(user, name), Subscribe(user, name, True))
    assert isinstance(created, Mailbox)
    return created


def _read_mbox_files(path: Path, mailbox: str | None) -> Iterator[PortableMessage]:
    if path.is_dir() and mailbox is None:
        files = [(file, from_folder(file.name.removesuffix(MBOX_SUFFIX))) for file in sorted(path.iterdir())]
    else:
        files = [(path, mailbox or INBOX)]
    return chain.from_iterable(_read_mbox_file(file, name) for file, name in files if not file.is_dir())


def _read_mbox_file(path: Path, mailbox: str) -> Iterator[PortableMessage]:
    with path.open("rb") as file:
        yield from read_mbox(file, mailbox)


async def _messages(store: Store, mailbox: Mailbox) -> AsyncIterator[PortableMessage]:
    index = await store.index(mailbox.mailbox_id)
    for uid, content_id, date, flags in zip(index.uids, index.content_ids, index.dates, index.flags, strict=True):
        key = f"{mailbox.uid_validity}_{uid}"
        yield PortableMessage(mailbox.name, await store.body(content_id), flags, date, key)


async def _export_maildir(store: Store, mailbox: Mailbox, path: Path, root: str | None) -> int:
    writer = MaildirWriter(path, mailbox.name, is_root=mailbox.name == (root or INBOX))
    return sum([writer.write(message) async for message in _messages(store, mailbox)])


async def _export_mbox(store: Store, mailbox: Mailbox, path: Path) -> int:
    count = 0
    with _create(path) as file:
        async for message in _messages(store, mailbox):
            write_message(file, message)
            count += 1
    return count


def _create(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
