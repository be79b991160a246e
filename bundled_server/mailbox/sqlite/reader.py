"""Reading connections: the questions of the store, asked from the event loop."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bundled_server.mailbox.changes import QueueItem
from bundled_server.mailbox.index import FLAG_SETS
from bundled_server.mailbox.names import canonical
from bundled_server.mailbox.records import Record
from bundled_server.mailbox.search.document import Question, TextField
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.sqlite import segments
from bundled_server.mailbox.sqlite.queue_changes import QUEUE_COLUMNS, item_from_row
from bundled_server.mailbox.sqlite.schema import connect_reader
from bundled_server.mailbox.sqlite.statements import select_in
from bundled_server.mailbox.store import (
    Delta,
    Mailbox,
    NoSuchMailbox,
    StoreUnavailable,
    Summary,
    TextMatches,
    User,
)
from bundled_server.mailbox.training import Kind, TokenCount, Training

ROWS_AT_ONCE: Final = 2000

MAILBOX_COLUMNS: Final = (
    "mailbox_id, owner, name, special_use, uid_validity, uid_next, highest_modseq, recent_from"
)
SUMMARY_COLUMNS: Final = "content_id, size_octets, header_octets, envelope, body, body_structure"


@contextmanager
def weather() -> Iterator[None]:
    """SQLite's troubles in the store's words."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error


class Reader:
    """One connection; each question sees every commit that has returned."""

    def __init__(self, path: Path) -> None:
        with weather():
            self._connection = connect_reader(path)

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Every row of a question. Text that no database can hold matches nothing."""
        with weather():
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except UnicodeError:
                return []

    # users and mailboxes

    def users(self) -> list[User]:
        return [User(*row) for row in self.rows("SELECT name, secret FROM users ORDER BY name")]

    def user(self, name: str) -> User | None:
        rows = self.rows("SELECT name, secret FROM users WHERE name = ?", (name,))
        return User(*rows[0]) if rows else None

    def mailboxes(self, owner: str) -> list[Mailbox]:
        sql = f"SELECT {MAILBOX_COLUMNS} FROM mailboxes WHERE owner = ? ORDER BY name"  # noqa: S608 - our columns
        return [Mailbox(*row) for row in self.rows(sql, (owner,))]

    def mailbox(self, owner: str, name: str) -> Mailbox | None:
        sql = f"SELECT {MAILBOX_COLUMNS} FROM mailboxes WHERE owner = ? AND name = ?"  # noqa: S608 - our columns
        rows = self.rows(sql, (owner, canonical(name)))
        return Mailbox(*rows[0]) if rows else None

    def mailbox_of(self, mailbox_id: int) -> Mailbox:
        """Raises NoSuchMailbox."""
        sql = f"SELECT {MAILBOX_COLUMNS} FROM mailboxes WHERE mailbox_id = ?"  # noqa: S608 - our columns
        rows = self.rows(sql, (mailbox_id,))
        if not rows:
            raise NoSuchMailbox("the mailbox does not exist")
        return Mailbox(*rows[0])

    def subscriptions(self, owner: str) -> list[str]:
        return [
            name for (name,) in self.rows("SELECT name FROM subscriptions WHERE owner = ? ORDER BY name", (owner,))
        ]

    # messages

    def snapshot(self, mailbox_id: int) -> tuple[int, Iterator[list[Sequence[Any]]]]:
        """The highest modseq, and batches of the index's columns, all from one moment. The connection
        stays in that moment: use one of its own. Raises NoSuchMailbox."""
        with weather():
            self._connection.execute("BEGIN")
        mailbox = self.mailbox_of(mailbox_id)
        return mailbox.highest_modseq, self._index_columns(mailbox_id)

    def _index_columns(self, mailbox_id: int) -> Iterator[list[Sequence[Any]]]:
        with weather():
            cursor = self._connection.execute(
                "SELECT uid, modseq, content_id, size_octets, internal_date, flags, save_date FROM messages"
                " WHERE mailbox_id = ? ORDER BY uid",
                (mailbox_id,),
            )
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                *numbers, flags, save_dates = zip(*rows, strict=True)
                yield [*numbers, [FLAG_SETS[text] for text in flags], save_dates]

    def delta(self, mailbox_id: int, since_modseq: int) -> Delta:
        mailbox = self.mailbox_of(mailbox_id)
        key = (mailbox_id, since_modseq)
        later = self.rows(
            "SELECT uid, added_modseq FROM messages WHERE mailbox_id = ? AND modseq > ? ORDER BY uid", key
        )
        gone = self.rows("SELECT uid FROM expunged WHERE mailbox_id = ? AND modseq > ? ORDER BY uid", key)
        return Delta(
            highest_modseq=mailbox.highest_modseq,
            added=tuple(uid for uid, added in later if added > since_modseq),
            changed=tuple(uid for uid, added in later if added <= since_modseq),
            expunged=tuple(uid for (uid,) in gone),
        )

    def summaries(self, content_ids: Sequence[int]) -> list[Summary]:
        """In the order asked; unknown ids are passed over."""
        sql = f"SELECT {SUMMARY_COLUMNS} FROM contents WHERE content_id IN ((*))"  # noqa: S608 - our columns
        with weather():
            found = {row[0]: row for row in select_in(self._connection, sql, content_ids)}
        return [Summary._make(found[content_id]) for content_id in content_ids if content_id in found]

    def text_octets(self, content_id: int) -> int | None:
        """The size of a content without its header; None when it is unknown."""
        rows = self.rows("SELECT size_octets - header_octets FROM contents WHERE content_id = ?", (content_id,))
        return rows[0][0] if rows else None

    def body(self, content_id: int) -> bytes | None:
        rows = self.rows("SELECT header, text FROM bodies WHERE content_id = ?", (content_id,))
        return b"".join(rows[0]) if rows else None

    def bodies(self, content_ids: Sequence[int]) -> dict[int, bytes]:
        with weather():
            sql = "SELECT content_id, header, text FROM bodies WHERE content_id IN ((*))"
            return {row[0]: row[1] + row[2] for row in select_in(self._connection, sql, content_ids)}

    def headers(self, content_ids: Sequence[int]) -> dict[int, bytes]:
        with weather():
            sql = "SELECT content_id, header FROM bodies WHERE content_id IN ((*))"
            return dict(select_in(self._connection, sql, content_ids))

    # search

    def text_matches(self, field: TextField, question: Question) -> TextMatches:
        """From one moment; the connection stays in that moment: use one of its own."""
        with weather():
            self._connection.execute("BEGIN")
            return segments.matches(self._connection, field, question)

    def thread_keys(self, content_ids: Sequence[int]) -> dict[int, ThreadKeys]:
        """Of those that are in the index."""
        with weather():
            return segments.thread_keys(self._connection, content_ids)

    # queue

    def queue_due(self, now: float, limit: int, after: tuple[float, str] | None) -> list[QueueItem]:
        """Equals in time come in the order of their rows, which the index knows."""
        due, queue_id = after or (float("-inf"), "")
        sql = (
            f"SELECT {QUEUE_COLUMNS} FROM queue WHERE next_due BETWEEN ? AND ?"  # noqa: S608 - our columns
            " AND NOT (next_due = ? AND rowid <= COALESCE((SELECT rowid FROM queue WHERE queue_id = ?), -1))"
            " ORDER BY next_due, rowid LIMIT ?"
        )
        return [item_from_row(row) for row in self.rows(sql, (due, now, due, queue_id, limit))]

    def queue_next_due(self, after: float) -> float | None:
        due: float | None = self.rows("SELECT MIN(next_due) FROM queue WHERE next_due > ?", (after,))[0][0]
        return due

    def queue_items(self) -> list[QueueItem]:
        sql = f"SELECT {QUEUE_COLUMNS} FROM queue ORDER BY arrived, queue_id"  # noqa: S608 - our columns
        return [item_from_row(row) for row in self.rows(sql)]

    def queue_item(self, queue_id: str) -> QueueItem | None:
        sql = f"SELECT {QUEUE_COLUMNS} FROM queue WHERE queue_id = ?"  # noqa: S608 - our columns
        rows = self.rows(sql, (queue_id,))
        return item_from_row(rows[0]) if rows else None

    # records

    def records(self, kind: str, owner: str, keys: Sequence[str] | None) -> list[Record]:
        """Those that expired, too, as long as they are there."""
        sql = "SELECT key, value, expires FROM records WHERE kind = ? AND owner = ?"
        if keys is None:
            return [Record(*row) for row in self.rows(sql, (kind, owner))]
        with weather():
            return [
                Record(*row) for row in select_in(self._connection, f"{sql} AND key IN ((*))", keys, (kind, owner))
            ]

    # training

    def training(self, owner: str) -> Training:
        rows = self.rows("SELECT spam, ham FROM trainings WHERE owner = ?", (owner,))
        return Training(*rows[0]) if rows else Training()

    def trained_tokens(self, owner: str, tokens: Sequence[str] | None) -> dict[str, TokenCount]:
        sql = "SELECT token, spam, ham, trained FROM trained_tokens WHERE owner = ?"
        if tokens is None:
            return {row[0]: TokenCount(*row[1:]) for row in self.rows(sql, (owner,))}
        with weather():
            rows = select_in(self._connection, f"{sql} AND token IN ((*))", tokens, (owner,))
            return {row[0]: TokenCount(*row[1:]) for row in rows}

    def trained_as(self, owner: str, digest: bytes) -> Kind:
        sql = "SELECT kind FROM trained_messages WHERE owner = ? AND digest = ?"
        rows = self.rows(sql, (owner, digest))
        return Kind(rows[0][0]) if rows else Kind.NOTHING
