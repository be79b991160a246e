"""The store in one SQLite file: durable, committed in groups by a thread of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from bundled_server.mailbox.changes import Change, QueueItem
from bundled_server.mailbox.index import Snapshots, index_of, status_of
from bundled_server.mailbox.records import Record, living
from bundled_server.mailbox.search.document import TextField, question_of
from bundled_server.mailbox.search.thread_keys import ThreadKeys, read_thread_keys
from bundled_server.mailbox.sqlite.group import Job, growth_octets
from bundled_server.mailbox.sqlite.reader import Reader
from bundled_server.mailbox.sqlite.record_memory import RecordMemory
from bundled_server.mailbox.sqlite.schema import BUSY_SECONDS
from bundled_server.mailbox.sqlite.writer import GroupDone, Writer
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

T = TypeVar("T")

SUMMARIES_AT_ONCE: Final = 512
HEADERS_AT_ONCE: Final = 512
LARGE_TEXT_OCTETS: Final = 1024 * 1024


class SqliteStore:
    """`Store` (see there) on the file `path`, mode 0600, made when it is missing.

    `now` gives epoch seconds. A content that lost its last reference is kept for `keep_orphans_seconds`, so that
    sessions can finish reading it. `busy_seconds` is the patience with another process that writes.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], float] = time.time,
        keep_orphans_seconds: float = 600.0,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._path = path
        self._now = now
        self._keep_orphans_seconds = keep_orphans_seconds
        self._busy_seconds = busy_seconds
        self._watchers = Watchers()
        self._snapshots = Snapshots()
        self._records = RecordMemory()
        self._loading: dict[int, asyncio.Lock] = {}
        self._counted: dict[int, tuple[Index, Status]] = {}
        self._writer: Writer | None = None
        self._reader: Reader | None = None
        self._background: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Raises StoreUnavailable when the file cannot be used, StoreError when a later program wrote it."""
        writer = Writer(self._path, self._now, self._group_done, self._keep_orphans_seconds, self._busy_seconds)
        writer.open()
        self._writer = writer
        self._reader = Reader(self._path)
        self._background = ThreadPoolExecutor(1, thread_name_prefix=f"large reads of {self._path.name}")

    async def close(self) -> None:
        """Commit what waits, answer it, close the file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await asyncio.to_thread(writer.stop)
        if self._background is not None:
            self._background.shutdown()
            self._background = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    # writing

    async def commit(self, *changes: Change) -> tuple[Any, ...]:
        if self._writer is None:
            raise StoreUnavailable("the store is closed")
        if not changes:
            return ()
        answer: asyncio.Future[tuple[Any, ...]] = self._writer.loop.create_future()
        self._writer.submit(Job(changes, answer, growth_octets(changes)))
        return await answer

    def _group_done(self, done: GroupDone) -> None:
        """A group is on the disk: bring the snapshots up to date, call the watchers, answer the callers."""
        if done.foreign:
            self._records.clear()
            self._snapshots.forget_all()
            self._watchers.call_all()
        for mailbox_id, edits in done.news.edits.items():
            self._snapshots.note(mailbox_id, edits)
        for mailbox_id in done.news.dropped:
            self._forget(mailbox_id)
        self._watchers.call((*done.news.edits, *done.news.dropped))
        for job in done.jobs:
            self._records.committed(job.changes)
            if job.answer is None or job.answer.done():
                continue
            if job.fault is None:
                job.answer.set_result(job.results)
            else:
                job.answer.set_exception(job.fault)

    def _forget(self, mailbox_id: int) -> None:
        self._snapshots.forget(mailbox_id)
        self._loading.pop(mailbox_id, None)
        self._counted.pop(mailbox_id, None)

    def watch(self, mailbox_id: int, watcher: Watcher) -> Callable[[], None]:
        return self._watchers.add(mailbox_id, watcher)

    # users and mailboxes

    def _reading(self) -> Reader:
        if self._reader is None:
            raise StoreUnavailable("the store is closed")
        return self._reader

    async def user(self, name: str) -> User | None:
        return self._reading().user(name)

    async def users(self) -> list[User]:
        return self._reading().users()

    async def mailboxes(self, owner: str) -> list[Mailbox]:
        return self._reading().mailboxes(owner)

    async def mailbox(self, owner: str, name: str) -> Mailbox | None:
        return self._reading().mailbox(owner, name)

    async def subscriptions(self, owner: str) -> list[str]:
        return self._reading().subscriptions(owner)

    async def status(self, mailbox_id: int) -> Status:
        index = await self.index(mailbox_id)
        mailbox = self._reading().mailbox_of(mailbox_id)
        counted = self._counted.get(mailbox_id)
        previous = counted[1] if counted is not None and counted[0] is index else None
        status = status_of(mailbox, index, previous)
        self._counted[mailbox_id] = (index, status)
        return status

    # messages

    async def index(self, mailbox_id: int) -> Index:
        index = self._snapshots.get(mailbox_id)
        if index is not None:
            return index
        async with self._loading.setdefault(mailbox_id, asyncio.Lock()):
            index = self._snapshots.get(mailbox_id)
            return index if index is not None else await self._load(mailbox_id)

    async def _load(self, mailbox_id: int) -> Index:
        """Read a snapshot on a connection of its own, letting other sessions run between the batches."""
        self._snapshots.expect(mailbox_id)
        reader = Reader(self._path)
        columns: list[list[Sequence[Any]]] = []
        try:
            highest_modseq, batches = reader.snapshot(mailbox_id)
            for batch in batches:
                columns.append(batch)
                await asyncio.sleep(0)
        except StoreError:
            self._forget(mailbox_id)
            raise
        finally:
            reader.close()
        loaded = index_of(highest_modseq, columns)
        self._snapshots.put(mailbox_id, loaded)
        return self._snapshots.get(mailbox_id) or loaded

    async def delta(self, mailbox_id: int, since_modseq: int) -> Delta:
        return self._reading().delta(mailbox_id, since_modseq)

    async def summaries(self, content_ids: Sequence[int]) -> AsyncIterator[list[Summary]]:
        for start in range(0, len(content_ids), SUMMARIES_AT_ONCE):
            if start:
                await asyncio.sleep(0)
            yield self._reading().summaries(content_ids[start : start + SUMMARIES_AT_ONCE])

    async def body(self, content_id: int) -> bytes:
        octets = self._reading().text_octets(content_id)
        if octets is not None and octets > LARGE_TEXT_OCTETS:
            data = await self._in_background(lambda reader: reader.body(content_id))
        else:
            data = self._reading().body(content_id)
        if data is None:
            raise StoreError("the message is gone")
        return data

    async def bodies(self, content_ids: Sequence[int]) -> list[bytes | None]:
        found = self._reading().bodies(content_ids)
        return [found.get(content_id) for content_id in content_ids]

    async def headers(self, content_ids: Sequence[int]) -> list[bytes]:
        found = self._reading().headers(content_ids)
        return [found.get(content_id, b"") for content_id in content_ids]

    # search

    async def find_text(self, field: TextField, wanted: str) -> TextMatches:
        question = question_of(wanted)
        if question is None:
            return NOTHING_KNOWN
        return await self._in_background(lambda reader: reader.text_matches(field, question))

    async def thread_keys(self, content_ids: Sequence[int]) -> dict[int, ThreadKeys]:
        keys = await self._in_background(lambda reader: reader.thread_keys(content_ids))
        missing = [content_id for content_id in content_ids if content_id not in keys]
        for start in range(0, len(missing), HEADERS_AT_ONCE):
            headers = self._reading().headers(missing[start : start + HEADERS_AT_ONCE])
            keys.update((content_id, read_thread_keys(header)) for content_id, header in headers.items())
            await asyncio.sleep(0)
        return keys

    async def catch_up(self) -> None:
        if self._writer is None:
            raise StoreUnavailable("the store is closed")
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        self._writer.catch_up(lambda: loop.call_soon_threadsafe(done.set))
        await done.wait()

    async def _in_background(self, ask: Callable[[Reader], T]) -> T:
        """Ask something long on a connection of its own, beside the event loop."""
        self._reading()

        def answer() -> T:
            reader = Reader(self._path)
            try:
                return ask(reader)
            finally:
                reader.close()

        return await asyncio.get_running_loop().run_in_executor(self._background, answer)

    # queue

    async def queue_due(self, now: float, limit: int, after: tuple[float, str] | None = None) -> list[QueueItem]:
        return self._reading().queue_due(now, limit, after)

    async def queue_next_due(self, after: float = float("-inf")) -> float | None:
        return self._reading().queue_next_due(after)

    async def queue_items(self) -> list[QueueItem]:
        return self._reading().queue_items()

    async def queue_item(self, queue_id: str) -> QueueItem | None:
        return self._reading().queue_item(queue_id)

    # records

    async def records(self, kind: str, owner: str, keys: Sequence[str] | None = None) -> dict[str, Record]:
        if keys is None or len(keys) != 1:
            return living(self._reading().records(kind, owner, keys), self._now())
        (key,) = keys
        known = self._records.get(kind, owner, key)
        if known is None:
            known = (next(iter(self._reading().records(kind, owner, keys)), None),)
            self._records.put(kind, owner, key, *known)
        return living([record for record in known if record is not None], self._now())

    # training

    async def training(self, owner: str) -> Training:
        return self._reading().training(owner)

    async def trained_tokens(self, owner: str, tokens: Sequence[str] | None = None) -> dict[str, TokenCount]:
        return self._reading().trained_tokens(owner, tokens)

    async def trained_as(self, owner: str, digest: bytes) -> Kind:
        return self._reading().trained_as(owner, digest)
