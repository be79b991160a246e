"""Records in the database: what their changes do, and how those that expired go."""

import sqlite3
from typing import Final

from bundled_server.mailbox.records import DeleteRecords, PutRecords
from bundled_server.mailbox.sqlite.statements import execute_in, select_in
from bundled_server.mailbox.sqlite.workspace import Workspace

EXPIRED_AT_ONCE: Final = 512

_PUT: Final = (
    "INSERT INTO records (kind, owner, key, value, expires) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (kind, owner, key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
)


def put_records(work: Workspace, change: PutRecords) -> tuple[str, ...]:
    work.flush()
    records = {record.key: record for record in change.records}
    if change.only_new:
        living = select_in(
            work.connection,
            "SELECT key FROM records WHERE kind = ? AND owner = ? AND expires > ? AND key IN ((*))",
            list(records),
            (change.kind, change.owner, work.now()),
        )
        for (key,) in living:
            records.pop(key, None)
    work.writes += len(records)
    work.connection.executemany(
        _PUT, [(change.kind, change.owner, r.key, r.value, r.expires) for r in records.values()]
    )
    return tuple(records)


def delete_records(work: Workspace, change: DeleteRecords) -> None:
    owned = (change.kind, change.owner)
    if change.keys is None:
        work.execute("DELETE FROM records WHERE kind = ? AND owner = ?", owned)
        return
    work.flush()
    work.writes += 1
    sql = "DELETE FROM records WHERE kind = ? AND owner = ? AND key IN ((*))"
    execute_in(work.connection, sql, change.keys, owned)


def forget_expired(connection: sqlite3.Connection, now: float) -> bool:
    """Delete some records whose time is over; whether there may be more."""
    cursor = connection.execute(
        "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires <= ? LIMIT ?)",
        (now, EXPIRED_AT_ONCE),
    )
    return cursor.rowcount == EXPIRED_AT_ONCE
