"""The writer's workspace: what one group of commits reads, plans and writes."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bundled_server.mailbox.changes import AddMessage, Change, Enqueue
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.index import Append, Edit, MessageRow, flags_text
from bundled_server.mailbox.sqlite.statements import execute_in, insert_rows, select_in
from bundled_server.mailbox.store import Mailbox, NoSuchMailbox

INSERTS: Final = (
    (
        "contents",
        "INSERT INTO contents (content_id, digest, size_octets, header_octets, message_id, envelope, body,"
        " body_structure) VALUES (*)",
    ),
    ("bodies", "INSERT INTO bodies (content_id, header, text) VALUES (*)"),
    (
        "messages",
        "INSERT INTO messages (mailbox_id, uid, modseq, content_id, size_octets, internal_date, flags,"
        " added_modseq, save_date) VALUES (*)",
    ),
    ("keys", "INSERT INTO delivery_keys (queue_id, recipient) VALUES (*)"),
    (
        "queue",
        "INSERT INTO queue (queue_id, content_id, size_octets, message_id, arrived, origin, held, warned,"
        " next_due, envelope, recipients) VALUES (*)",
    ),
)
NUMBERS_RESERVED: Final = {"content_id": 256}
"""How many numbers of a counter are taken at once, so that not every group writes it; those not used are lost."""
KEEP_MAILBOXES: Final = 10_000
LARGE_TEXT_OCTETS: Final = 4 * 1024 * 1024
PIECE_OCTETS: Final = 1024 * 1024


@dataclass(slots=True)
class MailboxState:
    """A mailbox as the group leaves it."""

    mailbox_id: int
    owner: str
    name: str
    special_use: str
    uid_validity: int
    uid_next: int
    highest_modseq: int
    recent_from: int

    def next_modseq(self) -> int:
        self.highest_modseq += 1
        return self.highest_modseq

    def frozen(self) -> Mailbox:
        return Mailbox(
            self.mailbox_id,
            self.owner,
            self.name,
            self.special_use,
            self.uid_validity,
            self.uid_next,
            self.highest_modseq,
            self.recent_from,
        )


@dataclass(frozen=True, slots=True)
class News:
    """What committed groups did: edits by mailbox, and the mailboxes that are gone."""

    edits: dict[int, list[Edit]] = field(default_factory=dict)
    dropped: list[int] = field(default_factory=list)


class Workspace:
    """Rows to insert are collected and written many to a statement by `flush`; whoever asks the database in
    between flushes first. `writes` grows with everything planned or written, so that the writer can tell whether
    a change that failed left traces. Mailboxes and counters stay known from group to group; `forget` drops them
    after a rollback or when another process wrote."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], float]) -> None:
        self.connection = connection
        self.now = now
        self.writes = 0
        self.strangers_wrote = False
        self._news = News()
        self._data_version: int | None = None
        self._mailboxes: dict[int, MailboxState] = {}
        self._counters: dict[str, int] = {}
        self._reserved: dict[str, int] = {}
        self.forget()

    # the group

    def forget(self) -> None:
        """Know nothing of the database."""
        self._mailboxes.clear()
        self._counters.clear()
        self._reserved.clear()
        self._start()

    def begin(self, changes: Iterable[Change]) -> None:
        """Start a group, inside its transaction: look up, in one go, which contents and delivery keys exist."""
        self._start()
        self.notice_strangers()
        if len(self._mailboxes) > KEEP_MAILBOXES:
            self._mailboxes.clear()
        digests, queue_ids = set(), set()
        for change in changes:
            if isinstance(change, AddMessage | Enqueue):
                digests.add(change.content.digest)
                if isinstance(change, AddMessage) and change.delivery_key:
                    queue_ids.add(_key_parts(change.delivery_key)[0])
        if digests:
            sql = "SELECT digest, content_id FROM contents WHERE digest IN ((*))"
            self._content_ids.update(select_in(self.connection, sql, list(digests)))
        if queue_ids:
            sql = "SELECT queue_id, recipient FROM delivery_keys WHERE queue_id IN ((*))"
            self._keys.update(select_in(self.connection, sql, list(queue_ids)))

    def notice_strangers(self) -> None:
        """Forget everything when another process wrote since the last look; `strangers_wrote` tells it on."""
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        if self._data_version not in (None, version):
            self.forget()
            self.strangers_wrote = True
        self._data_version = version

    def _start(self) -> None:
        self._content_ids: dict[bytes, int] = {}
        self._keys: set[tuple[str, str]] = set()
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table, _ in INSERTS}
        self._large_texts: list[tuple[int, memoryview]] = []
        self._removed_from_queue: list[str] = []
        self._dirty_mailboxes: set[int] = set()
        self._dirty_counters: set[str] = set()
        self._edits: dict[int, list[Edit]] = {}
        self._dropped: list[int] = []

    def flush(self) -> None:
        """Write everything planned."""
        for table, sql in INSERTS:
            rows = self._rows[table]
            if rows:
                insert_rows(self.connection, sql, rows)
                rows.clear()
        self._flush_large_texts()
        self._flush_removed()
        self._flush_states()

    def _flush_large_texts(self) -> None:
        """Written in place and in pieces: as a parameter each would be copied twice on its way to the pages."""
        for content_id, text in self._large_texts:
            sql = "UPDATE bodies SET text = zeroblob(?) WHERE content_id = ?"
            self.connection.execute(sql, (len(text), content_id))
            with self.connection.blobopen("bodies", "text", content_id) as blob:
                for start in range(0, len(text), PIECE_OCTETS):
                    blob.write(text[start : start + PIECE_OCTETS])
        self._large_texts.clear()

    def _flush_states(self) -> None:
        if self._dirty_mailboxes:
            states = [self._mailboxes[mailbox_id] for mailbox_id in self._dirty_mailboxes]
            self.connection.executemany(
                "UPDATE mailboxes SET uid_next = ?, highest_modseq = ?, recent_from = ? WHERE mailbox_id = ?",
                [(s.uid_next, s.highest_modseq, s.recent_from, s.mailbox_id) for s in states],
            )
            self._dirty_mailboxes.clear()
        if self._dirty_counters:
            self.connection.executemany(
                "UPDATE counters SET value = ? WHERE name = ?",
                [(self._reserved[name], name) for name in self._dirty_counters],
            )
            self._dirty_counters.clear()

    def _flush_removed(self) -> None:
        ids = self._removed_from_queue
        if not ids:
            return
        execute_in(
            self.connection,
            "INSERT INTO orphans (content_id, since) SELECT content_id, ? FROM queue WHERE NOT EXISTS"
            " (SELECT 1 FROM messages WHERE messages.content_id = queue.content_id) AND queue_id IN ((*))"
            " ON CONFLICT DO NOTHING",
            ids,
            (self.now(),),
        )
        execute_in(self.connection, "DELETE FROM queue WHERE queue_id IN ((*))", ids)
        execute_in(self.connection, "DELETE FROM delivery_keys WHERE queue_id IN ((*))", ids)
        ids.clear()

    def committed(self) -> None:
        """The group is on the disk: its edits are news now."""
        for mailbox_id, edits in self._edits.items():
            self._news.edits.setdefault(mailbox_id, []).extend(edits)
        for mailbox_id in self._dropped:
            self._news.edits.pop(mailbox_id, None)
        self._news.dropped.extend(self._dropped)

    def take_news(self) -> News:
        """What happened in all groups since the last call."""
        news, self._news = self._news, News()
        return news

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Write something now, after everything planned."""
        self.flush()
        self.writes += 1
        return self.connection.execute(sql, parameters)

    # counters, mailboxes

    def count(self, name: str) -> int:
        """The next number of a counter; none is ever given out twice."""
        if not self._counters:
            self._counters.update(self.connection.execute("SELECT name, value FROM counters"))
        value = self._counters[name]
        self._counters[name] = value + 1
        if value >= self._reserved.get(name, value):
            self._reserved[name] = value + NUMBERS_RESERVED.get(name, 1)
            self._dirty_counters.add(name)
        self.writes += 1
        return value

    def mailbox(self, mailbox_id: int) -> MailboxState:
        """Raises NoSuchMailbox."""
        state = self._mailboxes.get(mailbox_id)
        if state is None:
            row = self.connection.execute(
                "SELECT mailbox_id, owner, name, special_use, uid_validity, uid_next, highest_modseq, recent_from"
                " FROM mailboxes WHERE mailbox_id = ?",
                (mailbox_id,),
            ).fetchone()
            if row is None:
                raise NoSuchMailbox("the mailbox does not exist")
            state = self._mailboxes[mailbox_id] = MailboxState(*row)
        return state

    def changed(self, mailbox: MailboxState, edit: Edit | None = None) -> None:
        """The mailbox's numbers differ now; `edit` tells what happened to its messages."""
        self.writes += 1
        self._dirty_mailboxes.add(mailbox.mailbox_id)
        if edit is not None:
            self._edits.setdefault(mailbox.mailbox_id, []).append(edit)

    def drop_mailbox(self, mailbox_id: int) -> None:
        """The mailbox was deleted."""
        self._mailboxes.pop(mailbox_id, None)
        self._dirty_mailboxes.discard(mailbox_id)
        self._edits.pop(mailbox_id, None)
        self._dropped.append(mailbox_id)

    # messages, contents, queue

    def add_rows(self, mailbox: MailboxState, rows: list[MessageRow]) -> None:
        """Append messages to a mailbox."""
        self._rows["messages"] += [
            (mailbox.mailbox_id, *row[:5], flags_text(row.flags), row.modseq, row.save_date) for row in rows
        ]
        self.changed(mailbox, Append(rows))

    def content_id(self, content: Content) -> int:
        """The id of a content, which is stored unless it is already."""
        content_id = self._content_ids.get(content.digest)
        if content_id is None:
            content_id = self._content_ids[content.digest] = self.count("content_id")
            octets = memoryview(content.data)
            summary = (content.message_id, content.envelope, content.body, content.body_structure)
            self._rows["contents"].append(
                (content_id, content.digest, len(content.data), content.header_octets, *summary)
            )
            header, text = octets[: content.header_octets], octets[content.header_octets :]
            if len(text) > LARGE_TEXT_OCTETS:
                self._large_texts.append((content_id, text))
                text = text[:0]
            self._rows["bodies"].append((content_id, header, text))
        return content_id

    def claim_key(self, delivery_key: str) -> bool:
        """Whether this delivery is the first of its key."""
        key = _key_parts(delivery_key)
        if key in self._keys:
            return False
        self._keys.add(key)
        self._rows["keys"].append(key)
        self.writes += 1
        return True

    def add_to_queue(self, row: tuple[Any, ...]) -> None:
        """Insert a queue item (columns as in INSERTS)."""
        self._rows["queue"].append(row)
        self.writes += 1

    def remove_from_queue(self, queue_id: str) -> None:
        """Delete a queue item and its delivery keys."""
        self._removed_from_queue.append(queue_id)
        self._keys = {key for key in self._keys if key[0] != queue_id}
        self.writes += 1


def _key_parts(delivery_key: str) -> tuple[str, str]:
    queue_id, _, recipient = delivery_key.partition("/")
    return queue_id, recipient
