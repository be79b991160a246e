"""One run of a lesson in a world: it prepares each step, checks what was done, plays the solution, and goes on."""

import asyncio
from collections.abc import Sequence

from termail.classroom.lesson.acting import Actor
from termail.classroom.lesson.checking import Checker, CheckResult
from termail.classroom.lesson.model import Lesson, Step
from termail.classroom.lesson.progress import Progress
from termail.classroom.lesson.talking import Tell
from termail.classroom.world_client import WorldClient

SETTLE_SECONDS = 30.0
POLL_SECONDS = 0.05


def _silently(line: str) -> None:
    """Nobody listens."""


class LessonRun:
    """Call `begin`, then for each step show it, `check` as often as the student likes (or `solve` it for them),
    and `advance`. `tell` hears what is said in dialogues that the lesson itself plays. Raises ActionFailed,
    WorldRefused and aiohttp.ClientError."""

    def __init__(
        self, lesson: Lesson, world: WorldClient, *, progress: Progress | None = None, tell: Tell = _silently
    ) -> None:
        self.lesson = lesson
        self._world = world
        self._progress = progress
        self._tell = tell
        self._since = 0
        self.position = 0

    @property
    def step(self) -> Step:
        """The step at hand."""
        return self.lesson.steps[self.position]

    @property
    def is_last(self) -> bool:
        return self.position == len(self.lesson.steps) - 1

    async def begin(self, position: int = 0, *, reset: bool = True) -> None:
        """Stand before a step. With `reset` the world is as it was at its start, and its clock runs as any; what
        came before `position` is then done by the lesson itself, so that the step finds what it needs."""
        if reset:
            await self._world.reset()
            await self._world.set_clock(factor=1.0, paused=False)
            for earlier in range(position):
                await self._enter(earlier)
                await self.solve()
        await self._enter(position)

    async def check(self) -> list[CheckResult]:
        """What the world shows of the step at hand, now."""
        return await Checker(self._world, self._since).look(self.step.checks)

    async def settle(self, seconds: float = SETTLE_SECONDS) -> list[CheckResult]:
        """As `check`, as soon as everything is as it should be, or when the time is over."""
        results = await self.check()
        try:
            async with asyncio.timeout(seconds):
                while not all_passed(results):
                    await asyncio.sleep(POLL_SECONDS)
                    results = await self.check()
        except TimeoutError:
            pass
        return results

    async def solve(self) -> list[CheckResult]:
        """Do what the step asks of the student, and see that it is done."""
        await Actor(self._world, self._since, self._tell).perform(self.step.solution)
        return await self.settle()

    async def advance(self) -> bool:
        """Go on to the next step; false at the end of the lesson."""
        if self.is_last:
            if self._progress is not None:
                self._progress.finished(self.lesson.name)
            return False
        await self._enter(self.position + 1)
        return True

    async def _enter(self, position: int) -> None:
        self.position = position
        self._since = await self._world.latest()
        await Actor(self._world, self._since, self._tell).perform(self.step.prepare)
        if self._progress is not None:
            self._progress.reached(self.lesson.name, position)


def all_passed(results: Sequence[CheckResult]) -> bool:
    return all(result.passed for result in results)
