"""The writer: the one thread that writes to the database, and commits in groups."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from bundled_server.mailbox.sqlite.group import Job, run_group, translated
from bundled_server.mailbox.sqlite.housekeeping import Checkpoints, forget_orphans
from bundled_server.mailbox.sqlite.indexing import Indexer
from bundled_server.mailbox.sqlite.record_changes import forget_expired
from bundled_server.mailbox.sqlite.schema import bring_up_to_date, connect_writer, create_file
from bundled_server.mailbox.sqlite.workspace import News, Workspace
from bundled_server.mailbox.store import StoreError, StoreUnavailable

JOBS_TOGETHER: Final = 512
OCTETS_TOGETHER: Final = 32 * 1024 * 1024
IDLE_SECONDS: Final = 0.5
REST_SECONDS: Final = 0.03
ORPHAN_BATCHES: Final = 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GroupDone:
    """What the event loop hears of a group: its jobs with their answers, what happened to which mailbox, and
    whether another process wrote since the last group (then nothing that is remembered holds)."""

    jobs: list[Job]
    news: News = field(default_factory=News)
    foreign: bool = False


class Writer:
    """Takes jobs from the event loop and commits all that wait, together. After each commit `done` is called in
    the loop, once for the whole group."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], float],
        done: Callable[[GroupDone], None],
        keep_orphans_seconds: float,
        busy_seconds: float,
    ) -> None:
        self._path = path
        self._now = now
        self._done = done
        self._keep_orphans_seconds = keep_orphans_seconds
        self._busy_seconds = busy_seconds
        self.loop = asyncio.get_running_loop()
        self._inbox: SimpleQueue[Job | None] = SimpleQueue()
        self._checkpoints = Checkpoints(path)
        self._indexer = Indexer()
        self._waiting_for_index: list[Callable[[], object]] = []
        self._connection: sqlite3.Connection | None = None
        self._work: Workspace | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)

    def open(self) -> None:
        """Make or migrate the database and start the thread. Raises StoreUnavailable or StoreError."""
        try:
            create_file(self._path)
            bring_up_to_date(self._connect().connection, self._now)
        except StoreError:
            self._disconnect()
            raise
        except OSError as weather:
            raise StoreUnavailable(str(weather)) from weather
        except sqlite3.Error as weather:
            self._disconnect()
            raise translated(weather) from weather
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Hand over a job; its answer comes with `done`."""
        self._inbox.put(job)

    def catch_up(self, done: Callable[[], object]) -> None:
        """Index everything committed before this, as far as the weather allows, and call `done`, in the thread."""
        self._waiting_for_index.append(done)
        self._inbox.put(Job((), None, 0))

    def stop(self) -> None:
        """Commit what waits, then end. Blocks until the thread is gone."""
        self._inbox.put(None)
        self._thread.join()

    # in the thread

    def _run(self) -> None:
        stopping, rest = False, IDLE_SECONDS
        while not stopping:
            try:
                job = self._inbox.get(timeout=rest)
            except Empty:
                self._keep_house(idle=True, everything=rest == IDLE_SECONDS)
                rest = self._index()
                continue
            jobs, stopping = self._gather(job)
            rest = 0.0 if self._waiting_for_index else REST_SECONDS
            if jobs:
                self._commit(jobs)
                self._keep_house(idle=False)
        self._close()

    def _gather(self, first: Job | None) -> tuple[list[Job], bool]:
        """Everything that waits now, up to a limit; and whether the end was asked for."""
        jobs: list[Job] = []
        octets = 0
        job = first
        while job is not None:
            jobs.append(job)
            octets += job.growth_octets
            if len(jobs) >= JOBS_TOGETHER or octets >= OCTETS_TOGETHER:
                break
            try:
                job = self._inbox.get_nowait()
            except Empty:
                break
        return jobs, job is None

    def _commit(self, jobs: list[Job]) -> None:
        try:
            work = self._connect()
            run_group(work, jobs)
            done = GroupDone(jobs, work.take_news(), _heard_of_strangers(work))
        except sqlite3.Error as weather:
            done = _failed(jobs, translated(weather))
        except Exception as defect:
            logger.exception("a group of %d commits failed", len(jobs))
            done = _failed(jobs, defect)
            self._disconnect()
        if any(isinstance(job.fault, StoreUnavailable) for job in jobs):
            logger.warning("%s: %s", self._path.name, next(j.fault for j in jobs if j.fault))
            self._disconnect()
        self._tell(done)

    def _tell(self, done: GroupDone) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._done, done)

    def _keep_house(self, *, idle: bool, everything: bool = False) -> None:
        try:
            work = self._connect()
            if everything:
                work.notice_strangers()
                if _heard_of_strangers(work):
                    self._tell(GroupDone([], foreign=True))
                self._forget_orphans(work)
                forget_expired(work.connection, self._now())
            self._checkpoints.tend(work.connection, idle=idle)
        except sqlite3.Error as weather:
            logger.warning("%s: housekeeping: %s", self._path.name, weather)
            self._disconnect()

    def _index(self) -> float:
        """A slice of work on the search index; how long to rest before the next."""
        waiting = list(self._waiting_for_index)
        try:
            has_more = self._indexer.work(self._connect().connection, hurry=bool(waiting))
        except sqlite3.Error as weather:
            logger.warning("%s: indexing: %s", self._path.name, weather)
            self._disconnect()
            has_more = False
        if has_more:
            return 0.0 if waiting else REST_SECONDS
        for done in waiting:
            self._waiting_for_index.remove(done)
            done()
        return IDLE_SECONDS

    def _forget_orphans(self, work: Workspace) -> None:
        """Forget contents without references, a few batches at most, and none while somebody waits."""
        until = self._now() - self._keep_orphans_seconds
        for _ in range(ORPHAN_BATCHES):
            if not (self._inbox.empty() and forget_orphans(work.connection, until)):
                break

    def _connect(self) -> Workspace:
        """The workspace, on a new connection after trouble: what was wrong with the old one must not stay."""
        if self._work is None:
            self._connection = connect_writer(self._path, self._busy_seconds)
            self._work = Workspace(self._connection, self._now)
        return self._work

    def _disconnect(self) -> None:
        self._work = None
        self._indexer.forget()
        if self._connection is not None:
            try:
                self._connection.close()
            except sqlite3.Error as weather:
                logger.warning("%s: %s", self._path.name, weather)
            self._connection = None

    def _close(self) -> None:
        try:
            work = self._connect()
            self._forget_orphans(work)
            self._checkpoints.wait()
            self._checkpoints.finish(work.connection, may_truncate=True)
        except sqlite3.Error as weather:
            logger.warning("%s: %s", self._path.name, weather)
        self._disconnect()
        for done in self._waiting_for_index:
            done()


def _heard_of_strangers(work: Workspace) -> bool:
    heard, work.strangers_wrote = work.strangers_wrote, False
    return heard


def _failed(jobs: list[Job], fault: Exception) -> GroupDone:
    for job in jobs:
        job.results, job.fault = (), fault
    return GroupDone(jobs)
