"""The store in memory: the same meaning as on disk, for tests and for hosts that need not last."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from bundled_server.mailbox.changes import Change, QueueItem
from bundled_server.mailbox.index import empty_index, extended, status_of
from bundled_server.mailbox.memory.apply import APPLY
from bundled_server.mailbox.memory.tables import Tables
from bundled_server.mailbox.queue_items import due
from bundled_server.mailbox.records import Record, living
from bundled_server.mailbox.search.document import Document, TextField, question_of, read_document
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.store import (
    NOTHING_KNOWN,
    Delta,
    Index,
    Mailbox,
    Status,
    StoreError,
    StoreUnavailable,
    Summary,
    TextMatches,
    User,
    Watcher,
)
from bundled_server.mailbox.training import Kind, TokenCount, Training
from bundled_server.mailbox.watchers import Watchers

SUMMARIES_AT_ONCE = 512


class MemoryStore:
    """`Store` (see there) without a file; what it holds survives `close` and `open`, not the process."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._tables = Tables(now)
        self._watchers = Watchers()
        self._indexes: dict[int, Index] = {}
        self._documents: dict[int, Document] = {}
        self._is_open = False

    async def open(self) -> None:
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False

    async def commit(self, *changes: Change) -> tuple[Any, ...]:
        tables = self._reading()
        try:
            results = tuple([APPLY[type(change)](tables, change) for change in changes])
        except BaseException:
            tables.undo()
            raise
        self._watchers.call(tables.settle())
        await asyncio.sleep(0)
        return results

    def watch(self, mailbox_id: int, watcher: Watcher) -> Callable[[], None]:
        return self._watchers.add(mailbox_id, watcher)

    def _reading(self) -> Tables:
        if not self._is_open:
            raise StoreUnavailable("the store is closed")
        return self._tables

    # users and mailboxes

    async def user(self, name: str) -> User | None:
        return self._reading().users.get(name)

    async def users(self) -> list[User]:
        return sorted(self._reading().users.values(), key=lambda user: user.name)

    async def mailboxes(self, owner: str) -> list[Mailbox]:
        return sorted((m for m in self._reading().mailboxes.values() if m.owner == owner), key=lambda m: m.name)

    async def mailbox(self, owner: str, name: str) -> Mailbox | None:
        return self._reading().find_mailbox(owner, name)

    async def subscriptions(self, owner: str) -> list[str]:
        return sorted(name for subscriber, name in self._reading().subscriptions if subscriber == owner)

    async def status(self, mailbox_id: int) -> Status:
        index = await self.index(mailbox_id)
        return status_of(self._tables.mailbox(mailbox_id), index)

    # messages

    async def index(self, mailbox_id: int) -> Index:
        highest_modseq = self._reading().mailbox(mailbox_id).highest_modseq
        index = self._indexes.get(mailbox_id)
        if index is None or index.highest_modseq != highest_modseq:
            rows = [kept.row for _, kept in sorted(self._tables.messages[mailbox_id].items())]
            index = self._indexes[mailbox_id] = extended(empty_index(highest_modseq), rows)
        return index

    async def delta(self, mailbox_id: int, since_modseq: int) -> Delta:
        mailbox = self._reading().mailbox(mailbox_id)
        messages = sorted(self._tables.messages[mailbox_id].items())
        later = [(uid, kept.added_modseq) for uid, kept in messages if kept.row.modseq > since_modseq]
        expunged = sorted(self._tables.expunged[mailbox_id].items())
        return Delta(
            highest_modseq=mailbox.highest_modseq,
            added=tuple(uid for uid, added in later if added > since_modseq),
            changed=tuple(uid for uid, added in later if added <= since_modseq),
            expunged=tuple(uid for uid, modseq in expunged if modseq > since_modseq),
        )

    async def summaries(self, content_ids: Sequence[int]) -> AsyncIterator[list[Summary]]:
        for start in range(0, len(content_ids), SUMMARIES_AT_ONCE):
            contents = self._reading().contents
            yield [
                Summary(i, len(c.data), c.header_octets, c.envelope, c.body, c.body_structure)
                for i, c in ((i, contents.get(i)) for i in content_ids[start : start + SUMMARIES_AT_ONCE])
                if c is not None
            ]

    async def body(self, content_id: int) -> bytes:
        content = self._reading().contents.get(content_id)
        if content is None:
            raise StoreError("the message is gone")
        return content.data

    async def bodies(self, content_ids: Sequence[int]) -> list[bytes | None]:
        contents = self._reading().contents
        found = (contents.get(content_id) for content_id in content_ids)
        return [None if content is None else content.data for content in found]

    async def headers(self, content_ids: Sequence[int]) -> list[bytes]:
        contents = self._reading().contents
        found = (contents.get(content_id) for content_id in content_ids)
        return [c.data[: c.header_octets] if c is not None else b"" for c in found]

    # search

    async def find_text(self, field: TextField, wanted: str) -> TextMatches:
        question = question_of(wanted)
        if question is None:
            return NOTHING_KNOWN
        documents = self._indexed().values()
        holds = {one.content_id for one in documents if one.words is not None and question.fits(one.words[field])}
        unread = {one.content_id for one in documents if one.words is None}
        last = max(self._documents, default=0)
        return (
            TextMatches(holds, unread, last)
            if question.is_exact
            else TextMatches(frozenset(), holds | unread, last)
        )

    async def thread_keys(self, content_ids: Sequence[int]) -> dict[int, ThreadKeys]:
        documents = self._indexed()
        return {one: documents[one].keys for one in content_ids if one in documents}

    async def catch_up(self) -> None:
        self._indexed()

    def _indexed(self) -> dict[int, Document]:
        """The documents of all contents; those that came since the last question are read now."""
        contents = self._reading().contents
        for content_id in contents.keys() - self._documents.keys():
            self._documents[content_id] = read_document(content_id, contents[content_id].data)
        return self._documents

    # queue

    async def queue_due(self, now: float, limit: int, after: tuple[float, str] | None = None) -> list[QueueItem]:
        start = after or (float("-inf"), "")
        pairs = [(when, item) for when, item in self._due() if when <= now and (when, item.queue_id) > start]
        return [item for _, item in sorted(pairs, key=lambda pair: (pair[0], pair[1].queue_id))[:limit]]

    async def queue_next_due(self, after: float = float("-inf")) -> float | None:
        return min((when for when, _ in self._due() if when > after), default=None)

    def _due(self) -> list[tuple[float, QueueItem]]:
        items = ((due(item), item) for item in self._reading().queue.values())
        return [(when, item) for when, item in items if when is not None]

    async def queue_items(self) -> list[QueueItem]:
        return sorted(self._reading().queue.values(), key=lambda item: (item.arrived, item.queue_id))

    async def queue_item(self, queue_id: str) -> QueueItem | None:
        return self._reading().queue.get(queue_id)

    # records

    async def records(self, kind: str, owner: str, keys: Sequence[str] | None = None) -> dict[str, Record]:
        kept = self._reading().records.get((kind, owner), {})
        found = kept.values() if keys is None else [kept[key] for key in keys if key in kept]
        return living(found, self._tables.now())

    # training

    async def training(self, owner: str) -> Training:
        return self._reading().trainings.get(owner, Training())

    async def trained_tokens(self, owner: str, tokens: Sequence[str] | None = None) -> dict[str, TokenCount]:
        kept = self._reading().trained_tokens
        wanted = ((owner, token) for token in tokens) if tokens is not None else (k for k in kept if k[0] == owner)
        return {key[1]: kept[key] for key in wanted if key in kept}

    async def trained_as(self, owner: str, digest: bytes) -> Kind:
        return self._reading().trained_messages.get((owner, digest), (Kind.NOTHING, 0.0))[0]
