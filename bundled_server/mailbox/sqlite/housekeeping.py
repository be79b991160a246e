"""What the writer does when nobody waits: carry the log into the database, forget contents nobody refers to."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from bundled_server.mailbox.sqlite.statements import execute_in

CHECKPOINT_IDLE_OCTETS: Final = 4 * 1024 * 1024
CHECKPOINT_BUSY_OCTETS: Final = 64 * 1024 * 1024
LOG_KEPT_OCTETS: Final = 128 * 1024 * 1024
ORPHANS_AT_ONCE: Final = 512


class Checkpoints:
    """Decides when the write-ahead log is due: after a few megabytes when idle, at the latest after many."""

    def __init__(self, path: Path) -> None:
        self._log = path.with_name(path.name + "-wal")
        self._pending_octets = 0

    def note(self, octets: int) -> None:
        """About so much was committed."""
        self._pending_octets += octets

    def wanted(self, *, idle: bool) -> bool:
        return self._pending_octets > (CHECKPOINT_IDLE_OCTETS if idle else CHECKPOINT_BUSY_OCTETS)

    def run(self, connection: sqlite3.Connection) -> None:
        """Carry over what no reader holds back; shrink a log that a burst or a long reader blew up."""
        self._pending_octets = 0
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if self._log_octets() > LOG_KEPT_OCTETS:
            (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _log_octets(self) -> int:
        try:
            return os.stat(self._log).st_size
        except FileNotFoundError:
            return 0


def forget_orphans(connection: sqlite3.Connection, until: float) -> bool:
    """Delete some contents that lost their last reference before `until`; whether there may be more. The delay
    lets a session finish reading what another one expunged (RFC 2180 §4.1)."""
    rows = connection.execute(
        "SELECT content_id FROM orphans WHERE since <= ? LIMIT ?", (until, ORPHANS_AT_ONCE)
    ).fetchall()
    if not rows:
        return False
    ids = [content_id for (content_id,) in rows]
    connection.execute("BEGIN IMMEDIATE")
    try:
        execute_in(
            connection,
            "DELETE FROM contents WHERE content_id IN ((*))"
            " AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.content_id = contents.content_id)"
            " AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.content_id = contents.content_id)",
            ids,
        )
        execute_in(
            connection,
            "DELETE FROM bodies WHERE content_id IN ((*))"
            " AND NOT EXISTS (SELECT 1 FROM contents WHERE contents.content_id = bodies.content_id)",
            ids,
        )
        execute_in(connection, "DELETE FROM orphans WHERE content_id IN ((*))", ids)
    except sqlite3.Error:
        connection.rollback()
        raise
    connection.execute("COMMIT")
    return len(ids) == ORPHANS_AT_ONCE
