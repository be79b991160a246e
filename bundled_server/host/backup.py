"""A backup of a host's data folder, taken while the host runs: a folder that another host can be run from."""

import os
import shutil
from pathlib import Path
from typing import Final

from bundled_server.admin.token import ADMIN_FILE
from bundled_server.host.folder import LOCK_NAME, FolderError, HostFolder
from bundled_server.mailbox.sqlite.copying import copy_database

NOT_COPIED: Final = frozenset((LOCK_NAME, ADMIN_FILE))


def back_up(source: Path, target: Path) -> int:
    """Copy the database as of one moment, then the other files → octets copied. `target` must not exist; it
    appears under its name only when everything is there and on the disk. Raises FolderError, StoreUnavailable,
    OSError."""
    if target.exists():
        raise FolderError(f"{target} exists: name a new folder for the backup")
    if target.resolve().is_relative_to(source.resolve()):
        raise FolderError(f"{target} is in the folder that is to be copied: name one outside {source}")
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)  # what an interrupted backup left
    partial.mkdir(parents=True, mode=0o700)
    try:
        database = HostFolder(source).database
        copy_database(database, partial / database.name)
        for path in sorted(source.rglob("*")):
            if _belongs(path, database):
                copy = partial / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copy2(path, copy)
        octets = sum(map(_settle, filter(Path.is_file, partial.rglob("*"))))
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(target.parent)
    return octets


def _belongs(path: Path, database: Path) -> bool:
    """The database is copied apart; what tells of the running process stays behind."""
    is_database = path.parent == database.parent and path.name.startswith(database.name)
    return path.is_file() and not is_database and path.name not in NOT_COPIED


def _settle(path: Path) -> int:
    """Bring a file to the disk; its size."""
    _sync(path)
    return path.stat().st_size


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
