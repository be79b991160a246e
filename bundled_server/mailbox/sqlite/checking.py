"""Checking a database: what must hold of its tables and of every body, as of one moment, beside a running host."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from bundled_server.mailbox.sqlite import segments
from bundled_server.mailbox.sqlite.schema import MIGRATIONS, connect_reader

MOST_OF_A_KIND: Final = 20

# What no row may do. `{}` in the text takes the columns.
RULES: Final = (
    (
        "message {1} of mailbox {0} has no content",
        "SELECT mailbox_id, uid FROM messages m WHERE NOT EXISTS"
        " (SELECT 1 FROM contents c WHERE c.content_id = m.content_id)",
    ),
    (
        "message {1} of mailbox {0} has another size than its content",
        "SELECT m.mailbox_id, m.uid FROM messages m JOIN contents c USING (content_id)"
        " WHERE m.size_octets <> c.size_octets",
    ),
    (
        "message {1} belongs to mailbox {0}, which does not exist",
        "SELECT mailbox_id, uid FROM messages WHERE mailbox_id NOT IN (SELECT mailbox_id FROM mailboxes)",
    ),
    (
        "uid {1} of mailbox {0} is there and expunged",
        "SELECT mailbox_id, uid FROM messages JOIN expunged USING (mailbox_id, uid)",
    ),
    (
        "mailbox {0} would give uid {1} again",
        "SELECT mailbox_id, MAX(uid) FROM (SELECT mailbox_id, uid FROM messages UNION ALL SELECT mailbox_id, uid"
        " FROM expunged) JOIN mailboxes USING (mailbox_id) GROUP BY mailbox_id, uid_next"
        " HAVING MAX(uid) >= uid_next",
    ),
    (
        "mailbox {0} has a mod-sequence, {1}, above its highest",
        "SELECT mailbox_id, MAX(modseq) FROM (SELECT mailbox_id, modseq FROM messages UNION ALL SELECT mailbox_id,"
        " modseq FROM expunged) JOIN mailboxes USING (mailbox_id) GROUP BY mailbox_id, highest_modseq"
        " HAVING MAX(modseq) > highest_modseq",
    ),
    (
        "mailbox {0} belongs to {1}, who does not exist",
        "SELECT mailbox_id, owner FROM mailboxes WHERE owner NOT IN (SELECT name FROM users)"
        " AND owner NOT LIKE '#%'",  # no user can be called so: archives of lists
    ),
    (
        "the counter {0} would give {1} again",
        "SELECT name, used FROM counters JOIN (SELECT 'mailbox_id' AS name, MAX(mailbox_id) AS used FROM mailboxes"
        " UNION ALL SELECT 'uid_validity', MAX(uid_validity) FROM mailboxes"
        " UNION ALL SELECT 'content_id', MAX(content_id) FROM contents) USING (name) WHERE used >= value",
    ),
    (
        "queue item {0} has no content",
        "SELECT queue_id FROM queue q WHERE NOT EXISTS"
        " (SELECT 1 FROM contents c WHERE c.content_id = q.content_id)",
    ),
    (
        "content {0} has no body",
        "SELECT content_id FROM contents c WHERE NOT EXISTS"
        " (SELECT 1 FROM bodies b WHERE b.content_id = c.content_id)",
    ),
    (
        "body {0} has no content",
        "SELECT content_id FROM bodies b WHERE NOT EXISTS"
        " (SELECT 1 FROM contents c WHERE c.content_id = b.content_id)",
    ),
    (
        "content {0} is nobody's, and nobody will forget it",
        "SELECT content_id FROM contents c WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.content_id ="
        " c.content_id) AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.content_id = c.content_id)"
        " AND NOT EXISTS (SELECT 1 FROM orphans o WHERE o.content_id = c.content_id)",
    ),
    (
        "segment {0} of the search index lacks a vocabulary",
        "SELECT segment_id FROM segments s WHERE"
        " (SELECT COUNT(*) FROM vocabularies v WHERE v.segment_id = s.segment_id) <> 6",  # one for each TextField
    ),
)

COUNTS: Final = {
    "users": "SELECT COUNT(*) FROM users",
    "mailboxes": "SELECT COUNT(*) FROM mailboxes",
    "messages": "SELECT COUNT(*) FROM messages",
    "contents": "SELECT COUNT(*) FROM contents",
    "octets": "SELECT COALESCE(SUM(size_octets), 0) FROM contents",
    "queued": "SELECT COUNT(*) FROM queue",
    "waiting_to_be_forgotten": "SELECT COUNT(*) FROM orphans",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """`faults` in words, some of each kind; `counts` of what was looked at."""

    faults: tuple[str, ...]
    counts: dict[str, int]


def check_database(path: Path) -> Findings:
    """Look at everything. Raises sqlite3.Error only when the file cannot be read at all."""
    with closing(connect_reader(path)) as connection:
        connection.execute("BEGIN")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != len(MIGRATIONS):
            text = f"the database has version {version}, this program knows {len(MIGRATIONS)}: run it there first"
            return Findings((text,), {})
        faults: list[str] = []
        try:
            for kind in _all_faults(connection):
                faults += kind
        except sqlite3.DatabaseError as damage:
            faults.append(f"the file is damaged: {damage}")
            return Findings(tuple(faults), {})
        counts = {name: int(connection.execute(sql).fetchone()[0]) for name, sql in COUNTS.items()}
        sql = "SELECT COUNT(*) FROM contents WHERE content_id > ?"
        counts["not_indexed"] = int(connection.execute(sql, (segments.indexed_to(connection),)).fetchone()[0])
        return Findings(tuple(faults), counts)


def _all_faults(connection: sqlite3.Connection) -> Iterator[list[str]]:
    rows = connection.execute(f"PRAGMA integrity_check({MOST_OF_A_KIND})").fetchall()
    yield [f"SQLite: {text}" for (text,) in rows if text != "ok"]
    for text, sql in RULES:
        rows = connection.execute(f"{sql} LIMIT {MOST_OF_A_KIND}").fetchall()
        yield [text.format(*row) for row in rows]
    yield _bodies_that_differ(connection)


def _bodies_that_differ(connection: sqlite3.Connection) -> list[str]:
    faults: list[str] = []
    cursor = connection.execute(
        "SELECT content_id, digest, size_octets, header_octets, header, text FROM contents JOIN bodies"
        " USING (content_id)"
    )
    for content_id, digest, size_octets, header_octets, header, text in cursor:
        octets = sha256(header)
        octets.update(text)
        if octets.digest() != digest:
            faults.append(f"the octets of content {content_id} are not those that came: the digest differs")
        elif (len(header) + len(text), len(header)) != (size_octets, header_octets):
            faults.append(f"content {content_id} has another size than it says")
        if len(faults) >= MOST_OF_A_KIND:
            break
    return faults
