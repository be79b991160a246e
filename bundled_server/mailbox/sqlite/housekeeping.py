"""What the writer does when nobody waits: carry the log into the database, forget contents nobody refers to."""

import logging
import os
import sqlite3
import struct
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bundled_server.mailbox.sqlite.schema import connect_writer
from bundled_server.mailbox.sqlite.statements import execute_in

CHECKPOINT_IDLE_OCTETS: Final = 4 * 1024 * 1024
CHECKPOINT_BUSY_OCTETS: Final = 16 * 1024 * 1024
FINISHED_IN_PASSING_OCTETS: Final = 2 * 1024 * 1024
STEP_OCTETS: Final = 1024 * 1024
LOG_KEPT_OCTETS: Final = 64 * 1024 * 1024
LOG_MOST_OCTETS: Final = 256 * 1024 * 1024
WAL_INDEX: Final = struct.Struct("=14xHI76xI")
ORPHANS_AT_ONCE: Final = 512
MOST_PASSES: Final = 8
FEW_FRAMES: Final = 64

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


@dataclass(frozen=True, slots=True)
class LogState:
    """How long the log is, and how much of it is not in the database yet."""

    octets: int = 0
    left_octets: int = 0


def log_state(path: Path) -> LogState:
    """From the first words of the log's index, in the machine's byte order (sqlite.org/walformat.html §2)."""
    try:
        with path.with_name(path.name + "-shm").open("rb") as index:
            head = index.read(WAL_INDEX.size)
    except FileNotFoundError:
        return LogState()
    if len(head) < WAL_INDEX.size:
        return LogState()
    page_octets, frames, carried = WAL_INDEX.unpack(head)
    return LogState(frames * page_octets, max(frames - carried, 0) * page_octets)


class Checkpoints:
    """Decides when the write-ahead log is due: after a few megabytes when idle, after some more while there is
    work. A thread does the copying, again and again; only when next to nothing is left does the writer carry over
    the rest between two commits, so that the log can begin anew. `carry` is how the thread copies."""

    def __init__(self, path: Path, carry: Callable[[Path], None] = carry_over) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._carry = carry
        self._thread: threading.Thread | None = None
        self._seen_octets = 0

    def tend(self, connection: sqlite3.Connection, *, idle: bool) -> None:
        """Begin what is due, or finish what the thread has done. Returns soon in any case."""
        if self._thread is not None and self._thread.is_alive():
            return
        log = log_state(self._path)
        if log.octets < self._seen_octets:
            self._seen_octets = 0  # the log began anew
        is_long = log.octets > (CHECKPOINT_IDLE_OCTETS if idle else CHECKPOINT_BUSY_OCTETS)
        has_grown = log.octets - self._seen_octets >= STEP_OCTETS  # not every time where a long reader holds us up
        if not (is_long and log.left_octets and (idle or has_grown)):
            return
        self._seen_octets = log.octets
        if log.left_octets <= FINISHED_IN_PASSING_OCTETS or log.octets > LOG_MOST_OCTETS:
            self.finish(connection, may_truncate=idle)
        else:
            self._thread = threading.Thread(target=self._run, name=f"checkpoint of {self._path.name}", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until the thread is done."""
        if self._thread is not None:
            self._thread.join()

    def finish(self, connection: sqlite3.Connection, *, may_truncate: bool) -> None:
        """Carry over the little that is left; shrink a log that a burst or a long reader blew up."""
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if may_truncate and self._file_octets() > LOG_KEPT_OCTETS:
            (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _run(self) -> None:
        try:
            self._carry(self._path)
        except sqlite3.Error as weather:
            logger.warning("%s: checkpoint: %s", self._path.name, weather)

    def _file_octets(self) -> int:
        """The file keeps its length when the log begins anew."""
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
