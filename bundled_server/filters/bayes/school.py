"""The school: it learns from what users do with their mail, behind their backs and outside their commits."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bundled_server.filters.bayes.bayes import Bayes
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.mailbox.training import Kind

MOST_LESSONS_WAITING = 100_000
EXPIRE_EVERY = 200
LEARNED_AT_CLOSE = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One message of a user, by its content in the store. With `only_if` it counts only for a message that was
    trained as that before."""

    owner: str
    kind: Kind
    content_id: int
    only_if: Kind | None = None


class School:
    """Takes lessons at once and learns them one after another, each in a commit of its own. A crash may lose those
    that still wait: they are opinions, not mail. `open` before the first, `close` learns the last few;
    `told` hears of each that was learned.

    Only training makes the store grow, so with every EXPIRE_EVERY lessons of a user the tokens go that are in at
    most `rare` messages and were not trained for `keep_seconds`."""

    def __init__(
        self,
        store: Store,
        bayes: Bayes,
        now: Callable[[], float],
        keep_seconds: float,
        rare: int,
        told: Callable[[Lesson], None] = lambda lesson: None,
    ) -> None:
        self._store = store
        self._bayes = bayes
        self._now = now
        self._keep_seconds = keep_seconds
        self._rare = rare
        self._told = told
        self._learned: Counter[str] = Counter()
        self._lessons: asyncio.Queue[Lesson | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._learn_all(), name="school")

    async def close(self) -> None:
        if self._task is not None:
            left_out = self._lessons.qsize() - LEARNED_AT_CLOSE
            if left_out > 0:
                logger.warning("%d messages are not learned: the host stops", left_out)
            for _ in range(left_out):
                self._lessons.get_nowait()
                self._lessons.task_done()
            self._lessons.put_nowait(None)
            await self._task

    async def rest(self) -> None:
        """Return when everything taken so far is learned."""
        await self._lessons.join()

    def take(self, owner: str, kind: Kind, content_ids: Sequence[int], only_if: Kind | None = None) -> None:
        """Learn from these messages, soon. What is beyond MOST_LESSONS_WAITING is passed over."""
        room = MOST_LESSONS_WAITING - self._lessons.qsize()
        if len(content_ids) > room:
            logger.warning("%d messages of %s are not learned: too many wait", len(content_ids) - room, owner)
        for content_id in content_ids[: max(0, room)]:
            self._lessons.put_nowait(Lesson(owner, kind, content_id, only_if))

    async def _learn_all(self) -> None:
        while True:
            lesson = await self._lessons.get()
            try:
                if lesson is None:
                    return
                await self._learn(lesson)
            except StoreError as weather:  # gone meanwhile, or no disk: an opinion less
                logger.warning("a message of %s is not learned: %s", lesson.owner if lesson else "", weather)
            except Exception:  # one strange message must not end the school
                logger.exception("a message of %s is not learned", lesson.owner if lesson else "")
            finally:
                self._lessons.task_done()

    async def _learn(self, lesson: Lesson) -> None:
        message = await self._store.body(lesson.content_id)
        if (
            lesson.only_if is not None
            and await self._bayes.trained_as(lesson.owner, message) is not lesson.only_if
        ):
            return
        await self._bayes.train(lesson.owner, message, lesson.kind)
        self._told(lesson)
        self._learned[lesson.owner] += 1
        if self._learned[lesson.owner] % EXPIRE_EVERY == 0:
            await self._bayes.expire(lesson.owner, self._now() - self._keep_seconds, self._rare)
