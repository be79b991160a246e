"""Rows for the lines of one screen."""

import json
from array import array
from collections.abc import Sequence
from typing import Any, Final

from termail.model.row import Row
from termail.store.database import Database
from termail.store.flags import ANSWERED, DELETED, DRAFT, FLAGGED, OLD, SEEN, unpack

BATCH: Final = 1_000
_SELECT: Final = (
    "SELECT message_id, folder_id, uid, sender_name, sender_address, to_shown, subject, message_id_header, date,"
    " received, size_octets, lines, thread_id, flags, attachment_count, to_me, list_id, keywords, has_body"
    " FROM messages WHERE message_id IN (SELECT value FROM json_each(?))"
)


class Rows:
    """Reads rows by message id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, ids: Sequence[int]) -> list[Row]:
        """In the order asked; ids that are gone are left out."""
        found: list[Row] = []
        for start in range(0, len(ids), BATCH):
            part = list(ids[start : start + BATCH])
            rows = {row[0]: row for row in self._database.query(_SELECT, (json.dumps(part),))}
            found.extend(_row(rows[message_id]) for message_id in part if message_id in rows)
        return found

    def without_body(self, folder_id: int, newest: int, since: float) -> "array[int]":
        """Of the newest ones, those that lack their body."""
        rows = self._database.query(
            "SELECT message_id FROM (SELECT message_id, received, has_body FROM messages WHERE folder_id = ?"
            " ORDER BY received DESC, message_id DESC LIMIT ?) WHERE has_body = 0 AND received >= ?",
            (folder_id, newest, since),
        )
        return array("q", (message_id for (message_id,) in rows))


def _row(row: Sequence[Any]) -> Row:
    flags = row[13]
    return Row(
        message_id=row[0],
        folder_id=row[1],
        uid=row[2],
        sender_name=row[3],
        sender_address=row[4],
        to=row[5],
        subject=row[6],
        message_id_header=row[7],
        date=row[8],
        received=row[9],
        size_octets=row[10],
        lines=row[11],
        thread_id=row[12],
        is_read=bool(flags & SEEN),
        is_old=bool(flags & OLD) and not flags & SEEN,
        is_flagged=bool(flags & FLAGGED),
        is_answered=bool(flags & ANSWERED),
        is_deleted=bool(flags & DELETED),
        is_draft=bool(flags & DRAFT),
        has_attachment=row[14] > 0,
        to_me=row[15],
        list_id=row[16],
        keywords=unpack(row[17]),
        has_body=bool(row[18]),
    )
