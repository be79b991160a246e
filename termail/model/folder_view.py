"""A folder as the index looks at it: order, limit, the listing, collapsed threads, tags, a window of rows."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from termail.model.folder import Folder
from termail.model.order import Order, SortKey
from termail.model.row import Row

WINDOW = 128  # rows fetched at a time
KEPT_ROWS = 8192  # rows held before the cache starts again
SCAN_LIMIT = 20_000  # lines looked at for one motion


class FolderView:
    """Lines are what is shown, top to bottom from 0; a line holds one message. `rows` fetches rows by id.

    Every motion costs what it moves over, never the size of the folder. Depths and trees come from the
    threaded order only; without them each message is a thread of its own.
    """

    def __init__(self, folder: Folder, order: Order, rows: Callable[[Sequence[int]], list[Row]]) -> None:
        self.folder = folder
        self.order = order
        self.limit = ""
        self.tagged: set[int] = set()
        self.collapsed: set[int] = set()
        self.generation = 0
        self._fetch = rows
        self._ids: array[int] = array("q")
        self._depths: Sequence[int] = ()
        self._trees: Sequence[str] = ()
        self._roots: array[int] = array("q")
        self._shown: array[int] | None = None
        self._rows: dict[int, Row] = {}

    # --- the listing

    def put_listing(self, ids: array[int], depths: Sequence[int] = (), trees: Sequence[str] = ()) -> None:
        """Another listing; rows and tags of messages that stayed are kept."""
        self._ids = ids
        self._depths, self._trees = (depths, trees) if len(depths) == len(ids) else ((), ())
        self._roots = array("q", (at for at, depth in enumerate(self._depths) if depth == 0))
        self._show()
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
        return self.order.key is SortKey.THREADS and bool(self._depths)

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
        return self._trees[self.position(line)] if self._trees else ""

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

    def find(self, line: int, step: int, accept: Callable[[Row], bool]) -> int | None:
        """The next line after `line` in direction `step` (1 or -1) whose row is accepted."""
        at = line + step
        for _ in range(SCAN_LIMIT):
            if not 0 <= at < len(self):
                return None
            row = self.row_at(at)
            if row is not None and accept(row):
                return at
            at += step
        return None

    def next_new(self, line: int, step: int) -> int | None:
        """mutt's next-new-then-unread, going round the end of the folder once."""
        start = -1 if step > 0 else len(self)
        for accept in (_is_new, _is_unread):
            for begin in (line, start):
                found = self.find(begin, step, accept)
                if found is not None:
                    return found
        return None

    def next_thread(self, line: int, step: int) -> int | None:
        """The head of the next thread, or of the one before the thread of `line`."""
        if not len(self):
            return None
        if not self._roots:
            target = line + step
            return target if 0 <= target < len(self) else None
        at = bisect_right(self._roots, self.position(line)) - 1 + step
        return self._line_of_position(self._roots[at]) if 0 <= at < len(self._roots) else None

    def next_subthread(self, line: int, step: int) -> int | None:
        """The next message of the same depth or above, in the same thread or after it."""
        if not self._depths:
            return self.next_thread(line, step)
        position = self.position(line)
        depth, at = self._depths[position], position + step
        while 0 <= at < len(self._ids) and abs(at - position) < SCAN_LIMIT:
            if self._depths[at] <= depth:
                return self._line_of_position(at)
            at += step
        return None

    def parent(self, line: int) -> int | None:
        """The message this one answers, as far as the tree knows."""
        if not self._depths:
            return None
        position = self.position(line)
        depth = self._depths[position]
        for at in range(position - 1, -1, -1):
            if self._depths[at] < depth:
                return self._line_of_position(at)
            if self._depths[at] == 0:
                break
        return None

    # --- threads

    def thread_ids(self, line: int) -> tuple[int, ...]:
        """Everything in the thread of a line."""
        start, stop = self._thread_span(self.position(line))
        return tuple(self._ids[start:stop])

    def subthread_ids(self, line: int) -> tuple[int, ...]:
        """This message and the answers below it."""
        position = self.position(line)
        if not self._depths:
            return (self._ids[position],)
        _, stop = self._thread_span(position)
        end = position + 1
        while end < stop and self._depths[end] > self._depths[position]:
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
        if head in self.collapsed:
            self.collapsed.discard(head)
        elif stop - start > 1:
            self.collapsed.add(head)
        self._show()
        self.generation += 1
        return self._line_of_position(start) or 0

    def toggle_collapse_all(self) -> None:
        """Open everything, or collapse every thread that has answers."""
        if self.collapsed:
            self.collapsed.clear()
        else:
            self.collapsed = {self._ids[start] for start, stop in self._spans() if stop - start > 1}
        self._show()
        self.generation += 1

    def _thread_span(self, position: int) -> tuple[int, int]:
        if not self._roots:
            return position, position + 1
        at = bisect_right(self._roots, position) - 1
        stop = self._roots[at + 1] if at + 1 < len(self._roots) else len(self._ids)
        return self._roots[at], stop

    def _spans(self) -> Iterable[tuple[int, int]]:
        stops = [*self._roots[1:], len(self._ids)]
        return zip(self._roots, stops, strict=False)

    def _show(self) -> None:
        if not self.collapsed or not self._roots:
            self._shown = None
            return
        shown: array[int] = array("q")
        for start, stop in self._spans():
            if self._ids[start] in self.collapsed:
                shown.append(start)
            else:
                shown.extend(range(start, stop))
        self._shown = shown


def nearest(ids: array[int], old_ids: array[int], old_position: int) -> int:
    """Where the cursor goes when its message left the listing: the next message that stayed, else the last."""
    if not len(ids):
        return 0
    stayed = set(ids)
    for message_id in old_ids[old_position : old_position + SCAN_LIMIT]:
        if message_id in stayed:
            return ids.index(message_id)
    return min(bisect_left(range(len(ids)), old_position), len(ids) - 1)


def _is_new(row: Row) -> bool:
    return not row.is_read and not row.is_old and not row.is_deleted


def _is_unread(row: Row) -> bool:
    return not row.is_read and not row.is_deleted
