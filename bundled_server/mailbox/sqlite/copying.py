"""Copying a database while others write to it: the copy is of one moment."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bundled_server.mailbox.sqlite.schema import connect_reader
from bundled_server.mailbox.store import StoreUnavailable


def copy_database(source: Path, target: Path) -> None:
    """`target` must not exist; it is on the disk, with mode 0600, when this returns. Raises StoreUnavailable.

    All pages in one step: so SQLite holds one moment of the source for as long as it takes, and writers go on.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(connect_reader(source)) as reading, closing(sqlite3.connect(target)) as copy:
            reading.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be carried away
    except sqlite3.Error as weather:
        raise StoreUnavailable(str(weather)) from weather
