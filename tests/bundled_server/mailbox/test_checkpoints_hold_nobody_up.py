"""The write-ahead log is carried into the database beside the writer: no commit waits, and the log stays small."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from bundled_server.mailbox.sqlite.housekeeping import CHECKPOINT_BUSY_OCTETS, Checkpoints, carry_over, log_state
from bundled_server.mailbox.sqlite.schema import connect_writer

PIECE = b"x" * 100_000
MANY = CHECKPOINT_BUSY_OCTETS // len(PIECE) + 1


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
        assert released.wait(60)
        carry_over(path)

    path = tmp_path / "db"
    checkpoints = Checkpoints(path, slowly)
    with closing(make(path)) as connection:
        write(connection, MANY)
        checkpoints.tend(connection, idle=False)
        assert begun.wait(60)
        write(connection)  # while the copying stands still
        left = log_state(path).left_octets
        checkpoints.tend(connection, idle=False)
        checkpoints.tend(connection, idle=True)
        assert log_state(path).left_octets == left  # the writer did none of it
        released.set()
        checkpoints.wait()
        assert log_state(path).left_octets == 0
        assert connection.execute("SELECT COUNT(*) FROM pieces").fetchone() == (MANY + 1,)


def test_the_log_begins_anew_though_the_writer_never_rests(tmp_path: Path) -> None:
    path = tmp_path / "db"
    checkpoints = Checkpoints(path)
    with closing(make(path)) as connection:
        longest = 0
        for _ in range(4 * MANY):
            write(connection)
            checkpoints.tend(connection, idle=False)
            longest = max(longest, log_state(path).octets)
            if longest > CHECKPOINT_BUSY_OCTETS:
                checkpoints.wait()  # so that the pace of this machine does not count
        assert longest < 1.5 * CHECKPOINT_BUSY_OCTETS


def test_the_writer_copies_only_what_is_little(tmp_path: Path) -> None:
    path = tmp_path / "db"
    checkpoints = Checkpoints(path, lambda _: None)
    with closing(make(path)) as connection, closing(connect_writer(path)) as reader:
        write(connection, MANY)
        checkpoints.tend(connection, idle=False)
        checkpoints.wait()
        assert log_state(path).left_octets > CHECKPOINT_BUSY_OCTETS  # that is for the thread
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM pieces").fetchone()
        write(connection, 11)
        carry_over(path)  # as far as the reader has seen
        reader.execute("COMMIT")
        assert 0 < log_state(path).left_octets < CHECKPOINT_BUSY_OCTETS
        checkpoints.tend(connection, idle=False)
        assert log_state(path).left_octets == 0


def test_a_long_reader_does_not_make_every_commit_copy(tmp_path: Path) -> None:
    path = tmp_path / "db"
    carried: list[Path] = []
    checkpoints = Checkpoints(path, carried.append)
    with closing(make(path)) as connection, closing(connect_writer(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM pieces").fetchone()
        write(connection, MANY)
        for _ in range(50):
            write(connection)
            checkpoints.tend(connection, idle=False)
            checkpoints.wait()
        assert 1 <= len(carried) <= 8


def test_little_is_left_alone(tmp_path: Path) -> None:
    carried: list[Path] = []
    with closing(make(tmp_path / "db")) as connection:
        checkpoints = Checkpoints(tmp_path / "db", carried.append)
        write(connection)
        checkpoints.tend(connection, idle=True)
        checkpoints.wait()
        assert carried == []
        write(connection, MANY)
        checkpoints.tend(connection, idle=False)
        checkpoints.wait()
        assert carried == [tmp_path / "db"]


def test_a_database_without_a_log_has_none_to_carry(tmp_path: Path) -> None:
    assert log_state(tmp_path / "nothing").octets == 0
