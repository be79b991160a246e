"""The SQLite file under the local store: one connection for each thread, short transactions."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from termail.store.functions import register
from termail.store.schema import bring_up_to_date
from termail.store.turnstile import Turnstile

BUSY_SECONDS: Final = 30.0
CACHE_KIBIBYTES: Final = 8_192


class StoreProblem(RuntimeError):
    """The file cannot be read or written now (disk full, read-only, damaged); the text says which."""


class _Seat:
    """What one thread has open."""

    def __init__(self, path: Path) -> None:
        self.turnstile = Turnstile(path)
        self.connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self.synchronous = ""
        self.connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        self.connection.execute("PRAGMA temp_store = MEMORY")
        register(self.connection)

    def close(self) -> None:
        self.connection.close()
        self.turnstile.close()


class Database:
    """Opens (and makes) the file: 0600 in a 0700 folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._local = threading.local()
        self._seats: weakref.WeakSet[_Seat] = weakref.WeakSet()
        seat = self._seat()
        with seat.turnstile.turn():
            seat.connection.execute("PRAGMA journal_mode = WAL")
            bring_up_to_date(seat.connection)

    def close(self) -> None:
        """Close the connections of every thread."""
        for seat in list(self._seats):
            seat.close()
        self._seats.clear()
        self._local = threading.local()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement on this thread's connection."""
        try:
            return self._seat().connection.execute(sql, parameters)
        except sqlite3.DatabaseError as error:
            raise _told(error) from error

    def query_many(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""
        try:
            self._seat().connection.executemany(sql, parameters)
        except sqlite3.DatabaseError as error:
            raise _told(error) from error

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.query(sql, parameters).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """One write transaction.

        WAL with synchronous=NORMAL survives kill -9: enough for what the server can tell us again. `durable`
        (synchronous=FULL) also survives a power cut: for the user's actions and the outbox, which nobody else has.
        """
        seat = self._seat()
        with seat.turnstile.turn():
            wanted = "FULL" if durable else "NORMAL"
            if seat.synchronous != wanted:
                seat.connection.execute(f"PRAGMA synchronous = {wanted}")
                seat.synchronous = wanted
            self.query("BEGIN IMMEDIATE")
            try:
                yield
                self.query("COMMIT")
            except BaseException:
                if seat.connection.in_transaction:  # a full disk has rolled back already
                    seat.connection.execute("ROLLBACK")
                raise

    def _seat(self) -> _Seat:
        seat: _Seat | None = getattr(self._local, "seat", None)
        if seat is None:
            try:
                seat = self._local.seat = _Seat(self._path)
            except sqlite3.DatabaseError as error:
                raise _told(error) from error
            self._seats.add(seat)
        return seat


def _told(error: sqlite3.DatabaseError) -> Exception:
    """Weather is translated; a constraint that fails is a mistake of ours and stays as it is."""
    if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        return StoreProblem(f"the local mail store: {error}")
    return error
