"""What the writer does when nobody waits: carry the log into the database, forget contents nobody refers to."""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from bundled_server.mailbox.sqlite.schema import connect_writer
from bundled_server.mailbox.sqlite.statements import execute_in

CHECKPOINT_IDLE_OCTETS: Final = 4 * 1024 * 1024
CHECKPOINT_BUSY_OCTETS: Final = 64 * 1024 * 1024
LOG_KEPT_OCTETS: Final = 128 * 1024 * 1024
LOG_MOST_OCTETS: Final = 128 * 1024 * 1024
ORPHANS_AT_ONCE: Final = 512
MOST_PASSES: Final = 8
FEW_FRAMES: Final = 256

logger = logging.getLogger(__name__)


def carry_over(path: Path) -> None:
    """Copy the log into the database, pass after pass, until next to nothing is left that came meanwhile. On a
    connection of its own: neither readers nor the writer wait for it."""
    with closing(connect_writer(path)) as connection:
        before = 0
        for _ in range(MOST_PASSES):
            _, _, carried = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if carried - before <= FEW_FRAMES:
                break
            before = carried


class Checkpoints:
    """Decides when the write-ahead log is due: after a few megabytes when idle, at the latest after many. A thread
    does the copying; the writer finishes what came meanwhile, so that the log can begin anew, when nobody waits or
    the log has grown very long. `carry` is how the thread copies."""

    def __init__(self, path: Path, carry: Callable[[Path], None] = carry_over) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._carry = carry
        self._pending_octets = 0
        self._thread: threading.Thread | None = None
        self._is_unfinished = False

    def note(self, octets: int) -> None:
        """About so much was committed."""
        self._pending_octets += octets

    def tend(self, connection: sqlite3.Connection, *, idle: bool) -> None:
        """Begin what is due, or finish what the thread has done. Returns soon in any case."""
        if self._thread is not None and not self._thread.is_alive():
            self._thread = None
            self._is_unfinished = True
        if self._is_unfinished and (idle or self._log_octets() > LOG_MOST_OCTETS):
            self.finish(connection, may_truncate=idle)
        if self._thread is None and self._pending_octets > (
            CHECKPOINT_IDLE_OCTETS if idle else CHECKPOINT_BUSY_OCTETS
        ):
            self._pending_octets = 0
            self._thread = threading.Thread(target=self._run, name=f"checkpoint of {self._path.name}", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until the thread is done."""
        if self._thread is not None:
            self._thread.join()

    def finish(self, connection: sqlite3.Connection, *, may_truncate: bool) -> None:
        """Carry over the little that is left; shrink a log that a burst or a long reader blew up."""
        self._is_unfinished = False
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if may_truncate and self._log_octets() > LOG_KEPT_OCTETS:
            (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _run(self) -> None:
        try:
            self._carry(self._path)
        except sqlite3.Error as weather:
            logger.warning("%s: checkpoint: %s", self._path.name, weather)

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
