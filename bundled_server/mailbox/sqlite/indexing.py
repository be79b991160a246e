"""Keeping the search index up: in the writer's idle moments, a slice of work at a time."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from typing import Final

from bundled_server.mailbox.search.document import Document, read_document
from bundled_server.mailbox.search.segment import Gathering, Segment, due_for_merging, merged
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.sqlite import segments

SEGMENT_DOCUMENTS: Final = 256
FEW_DOCUMENTS: Final = 64
PATIENT_TURNS: Final = 60
"""After so many idle turns without new mail even few documents make a segment."""

READ_AT_ONCE: Final = 64
SLICE_SECONDS: Final = 0.01

logger = logging.getLogger(__name__)


class Indexer:
    """Reads contents that are in no segment yet, gathers their words, writes and merges segments."""

    def __init__(self) -> None:
        self._gathering = Gathering()
        self._is_hurried = False
        self._running: Iterator[bool] | None = None

    def work(self, connection: sqlite3.Connection, *, hurry: bool = False) -> bool:
        """One slice of work, short enough that nobody notices; whether there is more to do at once. `hurry`: even
        a single document makes a segment now."""
        until = time.perf_counter() + SLICE_SECONDS
        self._is_hurried = hurry
        if self._running is None:
            self._running = self._run(connection)
        while next(self._running):
            if time.perf_counter() > until:
                return True
        return hurry and len(self._gathering) > 0

    def forget(self) -> None:
        """The connection is gone, and with it what was gathered."""
        self._running = None

    def _run(self, connection: sqlite3.Connection) -> Iterator[bool]:
        """Endless: True after each bounded step, False when there is nothing to do now."""
        while True:
            start = segments.indexed_to(connection)
            gathering = self._gathering = Gathering()
            idle_turns = 0
            while not self._is_due(len(gathering), idle_turns):
                count = len(gathering)
                yield from self._gather(connection, gathering, start)
                idle_turns = idle_turns + 1 if len(gathering) == count else 0
                if idle_turns:
                    yield False
            for segment in gathering.segment():
                yield True
                if segment is not None:
                    self._write(connection, segment, start)
            yield from self._merge(connection)

    def _is_due(self, documents: int, idle_turns: int) -> bool:
        """Whether so many documents make a segment now."""
        if documents >= SEGMENT_DOCUMENTS or (documents >= FEW_DOCUMENTS and idle_turns):
            return True
        return bool(documents and idle_turns) and (self._is_hurried or idle_turns >= PATIENT_TURNS)

    def _gather(self, connection: sqlite3.Connection, gathering: Gathering, start: int) -> Iterator[bool]:
        """Read the next contents, one message to a step."""
        after = gathering.content_ids[-1] if gathering.content_ids else start
        ids = connection.execute(
            "SELECT content_id FROM contents WHERE content_id > ? ORDER BY content_id LIMIT ?",
            (after, READ_AT_ONCE),
        ).fetchall()
        for (content_id,) in ids:
            parts = connection.execute(
                "SELECT header, text FROM bodies WHERE content_id = ?", (content_id,)
            ).fetchone()
            if parts is not None:
                gathering.add(_document(content_id, b"".join(parts)))
            yield True

    def _write(self, connection: sqlite3.Connection, segment: Segment, start: int) -> None:
        """Keep a segment, unless another process wrote one meanwhile."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            if segments.indexed_to(connection) == start:
                segments.write(connection, segment, segment.content_ids[-1])
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")

    def _merge(self, connection: sqlite3.Connection) -> Iterator[bool]:
        """Join segments until none is due."""
        while True:
            sizes = segments.sizes(connection)
            due = due_for_merging([documents for _, documents in sizes])
            if due is None:
                return
            segment_ids = [segment_id for segment_id, _ in sizes[due]]
            parts = []
            for segment_id in segment_ids:
                parts.append(segments.read(connection, segment_id))
                yield True
            first, last = parts[0][0].content_ids[:1], parts[-1][1]
            living = _living(connection, first[0] if first else 0, last)
            for segment in merged([part for part, _ in parts], living):
                yield True
                if segment is not None:
                    self._replace(connection, segment_ids, segment, last)

    def _replace(
        self, connection: sqlite3.Connection, segment_ids: list[int], segment: Segment, last_id: int
    ) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if set(segment_ids) <= {segment_id for segment_id, _ in segments.sizes(connection)}:
                segments.remove(connection, segment_ids)
                segments.write(connection, segment, last_id)
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")


def _document(content_id: int, message: bytes) -> Document:
    """A message that we cannot read is no reason to index no other: each search reads it anew."""
    try:
        return read_document(content_id, message)
    except Exception:
        logger.exception("content %d cannot be indexed", content_id)
        return Document(content_id, None, ThreadKeys())


def _living(connection: sqlite3.Connection, first: int, last: int) -> set[int]:
    """The contents from one id to another that still exist."""
    rows = connection.execute("SELECT content_id FROM contents WHERE content_id BETWEEN ? AND ?", (first, last))
    return {content_id for (content_id,) in rows}
