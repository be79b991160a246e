"""Copies of databases that are in use: consistent among each other, and safe to put in their place later."""

import sqlite3
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

ATTEMPTS = 40
PAUSE_SECONDS = 0.05


class TooBusy(Exception):
    """Somebody wrote all the time: no moment could be caught."""


def copy_together(copies: Mapping[Path, Path]) -> None:
    """Copy several databases (source to target) as they stood at one moment: when anything was committed
    meanwhile, all are copied again. Raises TooBusy, OSError and sqlite3.Error. Blocks: call it in a thread."""
    with ExitStack() as stack:
        sources = {
            source: stack.enter_context(closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)))
            for source in copies
        }
        for _ in range(ATTEMPTS):
            before = [_version(connection) for connection in sources.values()]
            for source, target in copies.items():
                _copy(sources[source], target)
            if before == [_version(connection) for connection in sources.values()]:
                return
            time.sleep(PAUSE_SECONDS)
    raise TooBusy("the hosts have too much to do: stop the clock for a moment")


def latest_validity(path: Path) -> int:
    """The highest UIDVALIDITY that this database has given out."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT value FROM counters WHERE name = 'uid_validity'").fetchone()[0])


def renew_validity(path: Path, above: int) -> None:
    """Give every mailbox a UIDVALIDITY above any that was used: its UIDs may mean other messages than before
    (RFC 3501 §2.3.1.1)."""
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT mailbox_id FROM mailboxes ORDER BY mailbox_id").fetchall()
        for number, (mailbox_id,) in enumerate(rows, above + 1):
            connection.execute("UPDATE mailboxes SET uid_validity = ? WHERE mailbox_id = ?", (number, mailbox_id))
        connection.execute("UPDATE counters SET value = ? WHERE name = 'uid_validity'", (above + len(rows) + 1,))


def _version(connection: sqlite3.Connection) -> int:
    """Changes whenever another connection commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _copy(source: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
