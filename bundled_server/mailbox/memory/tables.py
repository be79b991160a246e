"""The tables of the store in memory, and the memory of how to undo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bundled_server.mailbox.changes import QueueItem
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.index import MessageRow
from bundled_server.mailbox.names import canonical
from bundled_server.mailbox.records import Record
from bundled_server.mailbox.store import Mailbox, NoSuchMailbox, User
from bundled_server.mailbox.training import Kind, TokenCount, Training

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Kept:
    """A message of a mailbox, and the modseq it came with."""

    row: MessageRow
    added_modseq: int


class Tables:
    """Plain dictionaries of frozen values; they are changed through `put` and `drop` alone, so that `undo` can
    take a failed commit back. `touched` collects the mailboxes whose messages changed."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.users: dict[str, User] = {}
        self.mailboxes: dict[int, Mailbox] = {}
        self.messages: dict[int, dict[int, Kept]] = {}
        self.expunged: dict[int, dict[int, int]] = {}
        self.subscriptions: dict[tuple[str, str], None] = {}
        self.contents: dict[int, Content] = {}
        self.content_ids: dict[bytes, int] = {}
        self.delivery_keys: dict[str, None] = {}
        self.queue: dict[str, QueueItem] = {}
        self.records: dict[tuple[str, str], dict[str, Record]] = {}
        self.trained_tokens: dict[tuple[str, str], TokenCount] = {}
        self.trained_messages: dict[tuple[str, bytes], tuple[Kind, float]] = {}
        self.trainings: dict[str, Training] = {}
        self.counters = {"uid_validity": max(1, int(now()) & 0xFFFFFFFF), "content_id": 1, "mailbox_id": 1}
        self.touched: dict[int, None] = {}
        self._undo: list[Callable[[], Any]] = []

    def put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Set one entry."""
        before = table.get(key, _ABSENT)
        if before is _ABSENT:
            self._undo.append(lambda: table.pop(key))
        else:
            self._undo.append(lambda: table.__setitem__(key, before))
        table[key] = value

    def drop(self, table: dict[Any, Any], key: Any) -> None:
        """Remove one entry if it is there."""
        if key in table:
            before = table.pop(key)
            self._undo.append(lambda: table.__setitem__(key, before))

    def settle(self) -> tuple[int, ...]:
        """Keep everything since the last call; the mailboxes that were touched."""
        touched = tuple(self.touched)
        self.touched.clear()
        self._undo.clear()
        return touched

    def undo(self) -> None:
        """Take back everything since the last `settle`."""
        while self._undo:
            self._undo.pop()()
        self.touched.clear()

    def count(self, name: str) -> int:
        """The next number of a counter. It is not taken back: numbers never repeat."""
        value = self.counters[name]
        self.counters[name] = value + 1
        return value

    def mailbox(self, mailbox_id: int) -> Mailbox:
        """Raises NoSuchMailbox."""
        try:
            return self.mailboxes[mailbox_id]
        except KeyError:
            raise NoSuchMailbox("the mailbox does not exist") from None

    def find_mailbox(self, owner: str, name: str) -> Mailbox | None:
        wanted = (owner, canonical(name))
        return next((m for m in self.mailboxes.values() if (m.owner, m.name) == wanted), None)

    def content_id(self, content: Content) -> int:
        """The id of a content, which is stored unless it is already."""
        content_id = self.content_ids.get(content.digest)
        if content_id is None:
            content_id = self.count("content_id")
            self.put(self.content_ids, content.digest, content_id)
            self.put(self.contents, content_id, content)
        return content_id
