"""The tables of a host's database, and the steps from each version to the next."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bundled_server.mailbox.sqlite.statements import STATEMENTS_KEPT
from bundled_server.mailbox.store import StoreError

BUSY_SECONDS: Final = 5.0
WRITER_CACHE_KIBIBYTES: Final = 32_768
READER_CACHE_KIBIBYTES: Final = 16_384

VERSION_1: Final = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    "CREATE TABLE users (name TEXT PRIMARY KEY, secret TEXT NOT NULL)",
    "CREATE TABLE mailboxes ("
    " mailbox_id INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, special_use TEXT NOT NULL,"
    " uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, highest_modseq INTEGER NOT NULL,"
    " recent_from INTEGER NOT NULL, UNIQUE (owner, name))",
    "CREATE TABLE subscriptions (owner TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (owner, name))",
    # The face of a message, small, for the scans of FETCH; its octets lie apart.
    "CREATE TABLE contents ("
    " content_id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size_octets INTEGER NOT NULL,"
    " header_octets INTEGER NOT NULL, message_id TEXT NOT NULL,"
    " envelope BLOB NOT NULL, body BLOB NOT NULL, body_structure BLOB NOT NULL)",
    # Header before text: a row's tail is read only when it is asked for.
    "CREATE TABLE bodies (content_id INTEGER PRIMARY KEY, header BLOB NOT NULL, text BLOB NOT NULL)",
    "CREATE TABLE messages ("
    " mailbox_id INTEGER NOT NULL, uid INTEGER NOT NULL, modseq INTEGER NOT NULL, content_id INTEGER NOT NULL,"
    " size_octets INTEGER NOT NULL, internal_date REAL NOT NULL, flags TEXT NOT NULL,"
    " added_modseq INTEGER NOT NULL, PRIMARY KEY (mailbox_id, uid)) WITHOUT ROWID",
    "CREATE INDEX messages_by_content ON messages (content_id)",
    "CREATE TABLE expunged ("
    " mailbox_id INTEGER NOT NULL, uid INTEGER NOT NULL, modseq INTEGER NOT NULL,"
    " PRIMARY KEY (mailbox_id, uid)) WITHOUT ROWID",
    "CREATE TABLE delivery_keys (queue_id TEXT NOT NULL, recipient TEXT NOT NULL,"
    " PRIMARY KEY (queue_id, recipient)) WITHOUT ROWID",
    # `next_due` is NULL for items that are held or wait for nothing.
    "CREATE TABLE queue ("
    " queue_id TEXT PRIMARY KEY, content_id INTEGER NOT NULL, size_octets INTEGER NOT NULL,"
    " message_id TEXT NOT NULL, arrived REAL NOT NULL, origin TEXT NOT NULL, held INTEGER NOT NULL,"
    " warned INTEGER NOT NULL, next_due REAL, envelope BLOB NOT NULL, recipients BLOB NOT NULL)",
    "CREATE INDEX queue_by_due ON queue (next_due)",
    "CREATE INDEX queue_by_content ON queue (content_id)",
    # Contents that perhaps nobody refers to any more; looked at when the writer is idle.
    "CREATE TABLE orphans (content_id INTEGER PRIMARY KEY, since REAL NOT NULL)",
)

VERSION_2: Final = (
    # For messages from before, the day they arrived is the best that is known.
    "ALTER TABLE messages ADD COLUMN save_date REAL NOT NULL DEFAULT 0",
    "UPDATE messages SET save_date = internal_date",
)

VERSION_3: Final = (
    # Small values of the rooms: greylist triplets, scripts, members of lists, … `expires` is infinite for most.
    "CREATE TABLE records ("
    " kind TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires REAL NOT NULL,"
    " PRIMARY KEY (kind, owner, key))",
    "CREATE INDEX records_by_expiry ON records (expires)",
    "CREATE INDEX records_by_owner ON records (owner)",
)

VERSION_4: Final = (
    # What users called spam and ham: tokens, which message was what, and the sums. Owner "" is everybody's.
    "CREATE TABLE trained_tokens ("
    " owner TEXT NOT NULL, token TEXT NOT NULL, spam INTEGER NOT NULL, ham INTEGER NOT NULL,"
    " trained REAL NOT NULL,"
    " PRIMARY KEY (owner, token)) WITHOUT ROWID",
    "CREATE TABLE trained_messages ("
    " owner TEXT NOT NULL, digest BLOB NOT NULL, kind TEXT NOT NULL, trained REAL NOT NULL,"
    " PRIMARY KEY (owner, digest)) WITHOUT ROWID",
    "CREATE TABLE trainings (owner TEXT PRIMARY KEY, spam INTEGER NOT NULL, ham INTEGER NOT NULL)",
)

VERSION_5: Final = (
    # The index of words (mailbox/search). Every content up to the greatest `last_id` that still exists is in it.
    "CREATE TABLE segments ("
    " segment_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, documents INTEGER NOT NULL,"
    " content_ids BLOB NOT NULL, unread BLOB NOT NULL, threads BLOB NOT NULL)",
    # Postings last: they are read in pieces, and the rest without them.
    "CREATE TABLE vocabularies ("
    " vocabulary_id INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL, field INTEGER NOT NULL,"
    " words BLOB NOT NULL, starts BLOB NOT NULL, postings BLOB NOT NULL, UNIQUE (segment_id, field))",
)

MIGRATIONS: Final = (VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5)
"""Statements that lead to version 1, from 1 to 2, and so on. What was released is never edited."""


def create_file(path: Path) -> None:
    """Make the database file readable for its owner alone; SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def connect_writer(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """The one connection that writes: every commit is on the disk when it returns."""
    connection = _connect(path, WRITER_CACHE_KIBIBYTES, busy_seconds)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads."""
    connection = _connect(path, READER_CACHE_KIBIBYTES, BUSY_SECONDS)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _connect(path: Path, cache_kibibytes: int, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_KEPT,
    )
    connection.execute(f"PRAGMA cache_size = -{cache_kibibytes}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def bring_up_to_date(connection: sqlite3.Connection, now: Callable[[], float]) -> None:
    """Create or migrate the tables. Raises StoreError for a database of a later termail.

    UIDVALIDITY starts at the present second, so that a database made anew never repeats an earlier one's
    (RFC 3501 §2.3.1.1).
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StoreError(f"the database has version {version}, this program knows {len(MIGRATIONS)}")
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        if version == 0:
            counters = (("uid_validity", max(1, int(now()) & 0xFFFFFFFF)), ("content_id", 1), ("mailbox_id", 1))
            connection.executemany("INSERT INTO counters (name, value) VALUES (?, ?)", counters)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
