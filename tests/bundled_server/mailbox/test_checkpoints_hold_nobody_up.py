"""The write-ahead log is carried into the database beside the writer: no commit waits, and the log stays small."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from bundled_server.mailbox.sqlite.housekeeping import CHECKPOINT_BUSY_OCTETS, Checkpoints, carry_over
from bundled_server.mailbox.sqlite.schema import connect_writer

PIECE = b"x" * 100_000


def make(path: Path) -> sqlite3.Connection:
    connection = connect_writer(path)
    connection.execute("CREATE TABLE pieces (octets BLOB)")
    return connection


def write(connection: sqlite3.Connection, count: int = 1) -> None:
    for _ in range(count):
        connection.execute("INSERT INTO pieces VALUES (?)", (PIECE,))


def test_the_writer_goes_on_while_the_log_is_copied(tmp_path: Path) -> None:
    begun, released = threading.Event(), threading.Event()

    def slowly(path: Path) -> None:
        begun.set()
        assert released.wait(20)
        carry_over(path)

    path = tmp_path / "db"
    checkpoints = Checkpoints(path, slowly)
    with closing(make(path)) as connection:
        write(connection, 20)
        checkpoints.note(CHECKPOINT_BUSY_OCTETS + 1)
        checkpoints.tend(connection, idle=False)
        assert begun.wait(20)
        write(connection)  # while the copying stands still
        checkpoints.note(CHECKPOINT_BUSY_OCTETS + 1)
        checkpoints.tend(connection, idle=False)
        checkpoints.tend(connection, idle=True)
        released.set()
        checkpoints.wait()
        assert connection.execute("SELECT COUNT(*) FROM pieces").fetchone() == (21,)


def test_the_log_begins_anew_when_the_writer_rests(tmp_path: Path) -> None:
    path = tmp_path / "db"
    log = tmp_path / "db-wal"
    checkpoints = Checkpoints(path)
    with closing(make(path)) as connection:
        sizes = []
        for _ in range(3):
            write(connection, 50)
            checkpoints.note(CHECKPOINT_BUSY_OCTETS + 1)
            checkpoints.tend(connection, idle=False)
            checkpoints.wait()
            checkpoints.tend(connection, idle=True)
            sizes.append(log.stat().st_size)
        assert sizes[2] < 1.2 * sizes[0]


def test_little_is_left_alone(tmp_path: Path) -> None:
    carried: list[Path] = []
    with closing(make(tmp_path / "db")) as connection:
        checkpoints = Checkpoints(tmp_path / "db", carried.append)
        checkpoints.note(1000)
        checkpoints.tend(connection, idle=True)
        checkpoints.wait()
        assert carried == []
        checkpoints.note(CHECKPOINT_BUSY_OCTETS)
        checkpoints.tend(connection, idle=False)
        checkpoints.wait()
        assert carried == [tmp_path / "db"]
