"""The segments of the search index in the database: written, replaced, asked."""

import sqlite3
from collections.abc import Iterable, Sequence

from bundled_server.mailbox.search.document import Question, TextField
from bundled_server.mailbox.search.segment import Segment
from bundled_server.mailbox.search.thread_columns import unpack_keys
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.search.vocabulary import Vocabulary, documents_with, packed, unpacked
from bundled_server.mailbox.store import TextMatches


def indexed_to(connection: sqlite3.Connection) -> int:
    """Every content up to this id is in a segment, if it still exists."""
    (last,) = connection.execute("SELECT COALESCE(MAX(last_id), 0) FROM segments").fetchone()
    return int(last)


def sizes(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """(segment_id, documents), oldest first."""
    return connection.execute("SELECT segment_id, documents FROM segments ORDER BY last_id").fetchall()


def write(connection: sqlite3.Connection, segment: Segment, last_id: int) -> None:
    """Insert a segment."""
    cursor = connection.execute(
        "INSERT INTO segments (last_id, documents, content_ids, unread, threads) VALUES (?, ?, ?, ?, ?)",
        (
            last_id,
            len(segment.content_ids),
            packed("Q", segment.content_ids),
            packed("Q", segment.unread),
            segment.threads,
        ),
    )
    rows = [
        (cursor.lastrowid, field, one.words, one.starts, one.postings)
        for field, one in zip(TextField, segment.vocabularies, strict=True)
    ]
    connection.executemany(
        "INSERT INTO vocabularies (segment_id, field, words, starts, postings) VALUES (?, ?, ?, ?, ?)", rows
    )


def read(connection: sqlite3.Connection, segment_id: int) -> tuple[Segment, int]:
    """A whole segment, and its `last_id`."""
    ids, unread, threads, last_id = connection.execute(
        "SELECT content_ids, unread, threads, last_id FROM segments WHERE segment_id = ?", (segment_id,)
    ).fetchone()
    rows = connection.execute(
        "SELECT words, starts, postings FROM vocabularies WHERE segment_id = ? ORDER BY field", (segment_id,)
    ).fetchall()
    vocabularies = tuple(Vocabulary(*row) for row in rows)
    return Segment(unpacked("Q", ids), unpacked("Q", unread), vocabularies, threads), last_id


def remove(connection: sqlite3.Connection, segment_ids: Iterable[int]) -> None:
    for segment_id in segment_ids:
        connection.execute("DELETE FROM vocabularies WHERE segment_id = ?", (segment_id,))
        connection.execute("DELETE FROM segments WHERE segment_id = ?", (segment_id,))


def matches(connection: sqlite3.Connection, field: TextField, question: Question) -> TextMatches:
    """Ask every segment. Call it inside a transaction, so that all are of one moment."""
    holds: set[int] = set()
    may_hold: set[int] = set()
    for segment_id, ids, unread in connection.execute(
        "SELECT segment_id, content_ids, unread FROM segments"
    ).fetchall():
        content_ids = unpacked("Q", ids)
        unread_ids = unpacked("Q", unread)
        everybody = len(content_ids) - len(unread_ids)
        documents = _documents(connection, segment_id, field, question, everybody)
        (holds if question.is_exact else may_hold).update(map(content_ids.__getitem__, documents))
        may_hold.update(unread_ids)
    return TextMatches(holds, may_hold, indexed_to(connection))


def _documents(
    connection: sqlite3.Connection, segment_id: int, field: TextField, question: Question, everybody: int
) -> set[int]:
    vocabulary_id, words, starts = connection.execute(
        "SELECT vocabulary_id, words, starts FROM vocabularies WHERE segment_id = ? AND field = ?",
        (segment_id, field),
    ).fetchone()
    found: set[int] | None = None
    with connection.blobopen("vocabularies", "postings", vocabulary_id, readonly=True) as blob:

        def postings(start: int, end: int) -> bytes:
            blob.seek(start)
            return blob.read(end - start)

        for pattern in question.patterns:
            some = documents_with(words, starts, postings, pattern, everybody)
            found = some if found is None else found & some
            if not found:
                break
    return found or set()


def thread_keys(connection: sqlite3.Connection, content_ids: Sequence[int]) -> dict[int, ThreadKeys]:
    """The keys of those contents that are in the index."""
    wanted = set(content_ids)
    found: dict[int, ThreadKeys] = {}
    for ids, threads in connection.execute("SELECT content_ids, threads FROM segments"):
        column = unpacked("Q", ids)
        if not wanted.isdisjoint(column):
            keys = zip(column, unpack_keys(threads, len(column)), strict=True)
            found.update((content_id, key) for content_id, key in keys if content_id in wanted)
    return found
