"""A folder as the index looks at it: order, limit, the listing, collapsed threads, tags, a window of rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from termail.model.folder import Folder
from termail.model.order import Order
from termail.model.row import Row

WINDOW = 128  # rows fetched at a time
KEPT_ROWS = 8192  # rows held before the cache starts again
SCAN_LIMIT = 20_000  # lines looked at for one motion


class Placement(Protocol):
    """Where a message stands in its thread."""

    @property
    def depth(self) -> int: ...

    @property
    def tree(self) -> str: ...


Rows = Callable[[Sequence[int]], list[Row]]
Placements = Callable[[Sequence[int], int, int], Sequence[Placement]]


class FolderView:
    """Lines are what is shown, top to bottom from 0; a line holds one message. `rows` fetches rows by id.

    Every motion costs what it moves over, never the size of the folder. `placements` gives the trees of a part of
    the listing; without the threaded order each message is a thread of its own.
    """

    def __init__(self, folder: Folder, order: Order, rows: Rows, placements: Placements) -> None:
        self.folder = folder
        self.order = order
        self.limit = ""
        self.is_read_only = False
        self.tagged: set[int] = set()
        self.collapsed: set[int] = set()
        self.generation = 0
        self._fetch = rows
        self._place = placements
        self._ids: array[int] = array("q")
        self._shown: array[int] | None = None
        self._rows: dict[int, Row] = {}
        self._placed: dict[int, Placement] = {}

    # --- the listing

    def put_listing(self, ids: array[int], depths: Sequence[int] = ()) -> None:
        """Another listing; rows and tags of messages that stayed are kept. `depths` of all messages are needed
        while threads are collapsed; without them all threads open."""
        self._ids = ids
        self._placed.clear()
        self._show(depths)
        self.generation += 1

    def forget_rows(self, message_ids: Iterable[int] | None = None) -> None:
        """Rows changed in the store: fetch these (or all) again when they are shown."""
        if message_ids is None:
            self._rows.clear()
        else:
            for message_id in message_ids:
                self._rows.pop(message_id, None)
        self.generation += 1

    def __len__(self) -> int:
        return len(self._ids) if self._shown is None else len(self._shown)

    @property
    def ids(self) -> array[int]:
        """The whole listing, collapsed messages included."""
        return self._ids

    @property
    def is_threaded(self) -> bool:
        return self.order.is_threaded

    # --- lines

    def position(self, line: int) -> int:
        """Of a line in the whole listing."""
        return line if self._shown is None else self._shown[line]

    def number(self, line: int) -> int:
        """The message number shown on a line, from 1."""
        return self.position(line) + 1

    def line_of_number(self, number: int) -> int | None:
        position = number - 1
        return self._line_of_position(position) if 0 <= position < len(self._ids) else None

    def id_at(self, line: int) -> int | None:
        return self._ids[self.position(line)] if 0 <= line < len(self) else None

    def line_of(self, message_id: int) -> int | None:
        """The line of a message; of its thread's head when it is hidden in a collapsed thread."""
        try:
            position = self._ids.index(message_id)
        except ValueError:
            return None
        return self._line_of_position(position)

    def row_at(self, line: int) -> Row | None:
        """The row of a line, fetched with its neighbours when it is not held; None when it is gone."""
        message_id = self.id_at(line)
        if message_id is None:
            return None
        if message_id not in self._rows:
            self._load_around(line)
        return self._rows.get(message_id)

    def tree_at(self, line: int) -> str:
        return self._placement(self.position(line)).tree if self.is_threaded else ""

    def hidden_at(self, line: int) -> int:
        """How many messages a collapsed line hides."""
        if not self.collapsed or self.id_at(line) not in self.collapsed:
            return 0
        start, stop = self._thread_span(self.position(line))
        return stop - start - 1

    def _load_around(self, line: int) -> None:
        if len(self._rows) > KEPT_ROWS:
            self._rows.clear()
        start = max(0, line - WINDOW // 4)
        wanted = [self._ids[self.position(at)] for at in range(start, min(len(self), start + WINDOW))]
        for row in self._fetch([message_id for message_id in wanted if message_id not in self._rows]):
            self._rows[row.message_id] = row

    def _line_of_position(self, position: int) -> int | None:
        if self._shown is None:
            return position
        line = bisect_right(self._shown, position) - 1
        return line if line >= 0 else None

    # --- motions

    def find(self, line: int, step: int, accept: Callable[[Row], bool], limit: int = SCAN_LIMIT) -> int | None:
        """The next line from `line` in direction `step` (1 or -1), `limit` away at most, whose row is accepted."""
        at = line + step
        for _ in range(limit):
            if not 0 <= at < len(self):
                return None
            row = self.row_at(at)
            if row is not None and accept(row):
                return at
            at += step
        return None

    def next_of(self, line: int, step: int, wanted: set[int]) -> int | None:
        """The next line that shows one of `wanted`, going round the end of the folder once."""
        count = len(self)
        for distance in range(1, count + 1):
            at = (line + step * distance) % count
            if self._ids[self.position(at)] in wanted:
                return at
        return None

    def next_thread(self, line: int, step: int) -> int | None:
        """The head of the next thread, or of the one before the thread of `line`."""
        start, stop = self._thread_span(self.position(line))
        if step > 0:
            return self._line_of_position(stop) if stop < len(self._ids) else None
        return self._line_of_position(self._thread_span(start - 1)[0]) if start > 0 else None

    def next_subthread(self, line: int, step: int) -> int | None:
        """The next message of the same depth or above, in the same thread or after it."""
        position = self.position(line)
        depth, at = self._depth(position), position + step
        while 0 <= at < len(self._ids) and abs(at - position) < SCAN_LIMIT:
            if self._depth(at) <= depth:
                return self._line_of_position(at)
            at += step
        return None

    def parent(self, line: int) -> int | None:
        """The message this one answers, as far as the tree knows."""
        position = self.position(line)
        depth = self._depth(position)
        for at in range(position - 1, max(-1, position - SCAN_LIMIT), -1):
            if depth == 0:
                break
            if self._depth(at) < depth:
                return self._line_of_position(at)
        return None

    # --- threads

    def thread_ids(self, line: int) -> tuple[int, ...]:
        """Everything in the thread of a line."""
        start, stop = self._thread_span(self.position(line))
        return tuple(self._ids[start:stop])

    def subthread_ids(self, line: int) -> tuple[int, ...]:
        """This message and the answers below it."""
        position = self.position(line)
        depth, end = self._depth(position), position + 1
        while end < len(self._ids) and self._depth(end) > depth:
            end += 1
        return tuple(self._ids[position:end])

    def covered_ids(self, line: int) -> tuple[int, ...]:
        """What an action on this line touches: the whole thread when it is collapsed."""
        message_id = self.id_at(line)
        if message_id is None:
            return ()
        return self.thread_ids(line) if message_id in self.collapsed else (message_id,)

    def toggle_collapse(self, line: int) -> int:
        """Collapse or open the thread of a line → the line of its head."""
        start, stop = self._thread_span(self.position(line))
        head = self._ids[start]
        if stop - start == 1:
            return line
        if self._shown is None:
            self._shown = array("q", range(len(self._ids)))
        head_line = self._line_of_position(start) or 0
        if head in self.collapsed:
            self.collapsed.discard(head)
            self._shown[head_line + 1 : head_line + 1] = array("q", range(start + 1, stop))
        else:
            self.collapsed.add(head)
            del self._shown[head_line + 1 : head_line + stop - start]
        self.generation += 1
        return head_line

    def toggle_collapse_all(self, depths: Sequence[int]) -> None:
        """Open everything, or collapse every thread that has answers; `depths` of all messages."""
        if self.collapsed:
            self.collapsed.clear()
        else:
            heads = zip(self._ids, depths, [*depths[1:], 0], strict=True)
            self.collapsed = {message_id for message_id, depth, below in heads if depth == 0 and below > 0}
        self._show(depths)
        self.generation += 1

    def _placement(self, position: int) -> Placement:
        if position not in self._placed:
            start = max(0, position - WINDOW // 2)
            placed = self._place(self._ids, start, min(len(self._ids), start + WINDOW))
            self._placed.update(enumerate(placed, start))
        return self._placed[position]

    def _depth(self, position: int) -> int:
        return self._placement(position).depth if self.is_threaded else 0

    def _thread_span(self, position: int) -> tuple[int, int]:
        start, stop = position, position + 1
        while start > 0 and self._depth(start) > 0:
            start -= 1
        while stop < len(self._ids) and self._depth(stop) > 0:
            stop += 1
        return start, stop

    def _show(self, depths: Sequence[int]) -> None:
        if not self.collapsed or len(depths) != len(self._ids):
            self.collapsed.clear()
            self._shown = None
            return
        shown: array[int] = array("q")
        hides = False
        for position, depth in enumerate(depths):
            if depth == 0:
                hides = self._ids[position] in self.collapsed
            if depth == 0 or not hides:
                shown.append(position)
        self._shown = shown


def nearest(ids: array[int], old_ids: array[int], old_position: int) -> int:
    """Where the cursor goes when its message left the listing: the next message that stayed, else the last."""
    if not len(ids):
        return 0
    stayed = set(ids)
    for message_id in old_ids[old_position : old_position + SCAN_LIMIT]:
        if message_id in stayed:
            return ids.index(message_id)
    return min(old_position, len(ids) - 1)
