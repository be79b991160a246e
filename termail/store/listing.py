"""The order of an index: message ids of a folder, sorted, threaded, limited."""

import json
import re
from array import array
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from termail.model.order import Order, SortKey
from termail.store.database import Database
from termail.store.matching import SHOWN_FOLDERS, Condition, Matching, Scope, shown_folders
from termail.store.records import Thread
from termail.store.trees import Entry, draw, thread_order, visible_parents

_REPLY: Final = re.compile(r"^(?:\s*(?:re|aw|sv|fwd?|wg)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_SQL_ORDER: Final = {
    SortKey.DATE: "date, message_id",
    SortKey.RECEIVED: "received, message_id",
    SortKey.UNSORTED: "uid = 0, uid, message_id",
    SortKey.SIZE: "size_octets, date, message_id",
    SortKey.SPAM: "spam_score((SELECT header FROM contents c WHERE c.content_id = messages.content_id)), date",
}
_TEXT_ORDER: Final[dict[SortKey, tuple[str, Callable[[str], str]]]] = {
    SortKey.FROM: ("CASE sender_name WHEN '' THEN sender_address ELSE sender_name END", str.casefold),
    SortKey.TO: ("to_shown", str.casefold),
    SortKey.LABEL: ("keywords", str.casefold),
    SortKey.SUBJECT: ("subject", lambda subject: _REPLY.sub("", subject).casefold()),
}
_WINDOW_STEP: Final = 200
_TALKED_IN: Final = f"{SHOWN_FOLDERS} AND role NOT IN ('junk', 'trash', 'drafts')"


class Place(msgspec.Struct, frozen=True):
    """What is listed: a folder, or with `folder_id` 0 what a search finds."""

    condition: Condition
    folder_id: int


class Listing:
    """Answers with arrays of ids: 100,000 of them cost tenths of a second, rows are read a screen at a time."""

    def __init__(self, database: Database, matching: Matching) -> None:
        self._database = database
        self._matching = matching

    def ids(
        self,
        folder_id: int,
        order: Order,
        pattern: str,
        tagged: Collection[int],
        collapsed: Collection[int] = (),
    ) -> "array[int]":
        """Raises PatternError."""
        place = Place(Condition("folder_id = ?", (folder_id,)), folder_id)
        return self._in_place(place, order, pattern, tagged, collapsed)

    def of_search(
        self,
        search: str,
        account: str,
        order: Order,
        pattern: str,
        tagged: Collection[int],
        collapsed: Collection[int],
    ) -> "array[int]":
        """What a search finds in all shown folders (of one account when named), limited once more. Raises
        PatternError."""
        found = self._matching.everywhere(search)
        shown = shown_folders(account)
        sql = f"folder_id IN ({shown.sql}) AND ({found.sql})"
        place = Place(Condition(sql, (*shown.parameters, *found.parameters)), 0)
        return self._in_place(place, order, pattern, tagged, collapsed)

    def _in_place(
        self, place: Place, order: Order, pattern: str, tagged: Collection[int], collapsed: Collection[int]
    ) -> "array[int]":
        condition = place.condition
        if pattern.strip():
            scope = Scope(place.folder_id, lambda: self._sorted(order, place.condition), tagged, collapsed)
            limit = self._matching.compile(pattern, scope)
            condition = Condition(f"{condition.sql} AND ({limit.sql})", (*condition.parameters, *limit.parameters))
        if order.key is SortKey.CONVERSATIONS:
            return self._conversations(order, condition, place.folder_id)
        return self._sorted(order, condition)

    def everywhere(self, condition: Condition, limit: int, account: str) -> "array[int]":
        """Matches of all folders, of one account when named, newest first."""
        shown = shown_folders(account)
        rows = self._database.query(
            f"SELECT message_id FROM messages WHERE folder_id IN ({shown.sql}) AND {condition.sql}"
            " ORDER BY date DESC, message_id DESC LIMIT ?",
            (*shown.parameters, *condition.parameters, limit),
        )
        return array("q", (row[0] for row in rows))

    def threads(self, ids: Sequence[int], start: int, stop: int | None, ascii_only: bool) -> list[Thread]:
        """Placement of ids[start:stop], reading no more than the threads that reach into it."""
        stop = len(ids) if stop is None else min(stop, len(ids))
        low, entries = self._whole_threads(ids, start, stop)
        placed: list[Thread] = []
        begin = 0
        for end in range(1, len(entries) + 1):
            if end == len(entries) or entries[end][1] != entries[begin][1]:
                members = entries[begin:end]
                placed.extend(draw(members, visible_parents(members, self._ancestors), ascii_only=ascii_only))
                begin = end
        return placed[start - low : stop - low]

    def _whole_threads(self, ids: Sequence[int], start: int, stop: int) -> tuple[int, list[Entry]]:
        """The window stretched to where threads begin and end."""
        entries = self._entries(ids[start:stop])
        low, high = start, stop
        while entries and low > 0:
            more = self._entries(ids[max(0, low - _WINDOW_STEP) : low])
            if not more or more[-1][1] != entries[0][1]:
                break
            low = max(0, low - _WINDOW_STEP)
            entries = more + entries
        while entries and high < len(ids):
            more = self._entries(ids[high : high + _WINDOW_STEP])
            if not more or more[0][1] != entries[-1][1]:
                break
            high = min(len(ids), high + _WINDOW_STEP)
            entries += more
        return low, entries

    def _entries(self, ids: Sequence[int]) -> list[Entry]:
        rows = self._database.query(
            "SELECT message_id, thread_id, date, node_id, parent_id FROM messages"
            " WHERE message_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        found: dict[int, Entry] = {row[0]: row for row in rows}
        # A message that went away since keeps its line: an id of its own as its thread.
        return [found.get(message_id, (message_id, -message_id, 0.0, 0, -1)) for message_id in ids]

    def _sorted(self, order: Order, condition: Condition) -> "array[int]":
        if order.key is SortKey.THREADS:
            return self._threaded(order, condition)
        if order.key is SortKey.SCORE:
            score = self._matching.score
            rows = self._database.query(
                f"SELECT message_id FROM messages WHERE {condition.sql} ORDER BY {score.sql}, date, message_id",
                (*condition.parameters, *score.parameters),
            )
            ids = array("q", (row[0] for row in rows))
        elif order.key in _SQL_ORDER:
            rows = self._select("message_id", condition, _SQL_ORDER[order.key])
            ids = array("q", (row[0] for row in rows))
        else:
            column, fold = _TEXT_ORDER[order.key]
            pairs = self._select(f"{column}, message_id", condition, "date, message_id").fetchall()
            pairs.sort(key=lambda pair: fold(pair[0]))
            ids = array("q", (pair[1] for pair in pairs))
        if order.reverse:
            ids.reverse()
        return ids

    def _conversations(self, order: Order, condition: Condition, folder_id: int) -> "array[int]":
        """The threads of what `condition` finds, with their messages in other folders; of several copies the one
        here."""
        found = f"thread_id IN (SELECT thread_id FROM messages WHERE {condition.sql})"
        rows = self._database.query(
            "SELECT message_id, thread_id, date, node_id, parent_id, folder_id FROM messages"
            f" WHERE (folder_id = ? OR folder_id IN ({_TALKED_IN})) AND {found} ORDER BY thread_id, date",
            (folder_id or -1, *condition.parameters),
        ).fetchall()
        here = {row[3]: row[0] for row in rows if row[5] == folder_id}
        chosen = {row[3]: row[0] for row in reversed(rows)} | here
        entries = [row[:5] for row in rows if chosen[row[3]] == row[0] or row[5] == folder_id]
        return self._ordered_threads(order, entries, condition)

    def _threaded(self, order: Order, condition: Condition) -> "array[int]":
        entries = self._select(
            "message_id, thread_id, date, node_id, parent_id", condition, "thread_id, date"
        ).fetchall()
        return self._ordered_threads(order, entries, condition)

    def _ordered_threads(self, order: Order, entries: list[Entry], condition: Condition) -> "array[int]":
        threads = thread_order(entries, self._ancestors)
        if order.second is SortKey.DATE:
            threads.sort(reverse=order.reverse)
        else:
            place = {entry: index for index, entry in enumerate(self._sorted(Order(order.second), condition))}
            threads.sort(
                key=lambda thread: place.get(thread[1][0], len(place)),
                reverse=order.reverse,
            )
        return array("q", chain.from_iterable(thread[1] for thread in threads))

    def _ancestors(self, thread_id: int) -> dict[int, int]:
        return dict(
            self._database.query(
                "SELECT node_id, parent_id FROM nodes WHERE thread_id = ? AND parent_id <> 0", (thread_id,)
            ).fetchall()
        )

    def _select(self, columns: str, condition: Condition, order: str) -> Any:
        return self._database.query(
            f"SELECT {columns} FROM messages WHERE {condition.sql} ORDER BY {order}",
            condition.parameters,
        )
