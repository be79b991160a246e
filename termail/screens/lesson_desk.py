"""The lesson desk: the lesson that runs while its student goes from screen to screen."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # HTTP is slow to import, and most sessions have no lesson
    from termail.classroom.lesson.checking import CheckResult
    from termail.classroom.lesson.model import Lesson, Step
    from termail.classroom.lesson.progress import Progress
    from termail.classroom.lesson.run import LessonRun
    from termail.classroom.world_client import WorldClient

GATHER_SECONDS = 0.3  # what happens together is looked at together


def _nobody() -> None:
    """Nobody looks."""


@dataclass(slots=True)
class LessonDesk:
    """`changed` is called whenever there is something new to see; `shown` is a step before the one at hand
    that is told again. Raises TROUBLE where the world says no."""

    changed: Callable[[], None] = _nobody
    language: str = "en"
    folder: Path | None = None
    results: "list[CheckResult]" = field(default_factory=list)
    progress: "Progress | None" = None
    is_finished: bool = False
    shown: int | None = None
    _run: "LessonRun | None" = None
    _world: "WorldClient | None" = None
    _happened: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_running(self) -> bool:
        return self._run is not None

    @property
    def lesson(self) -> "Lesson":
        """The lesson at hand."""
        assert self._run is not None
        return self._run.lesson

    @property
    def step(self) -> "Step":
        """The step at hand."""
        assert self._run is not None
        return self._run.step

    @property
    def position(self) -> int:
        return self._run.position if self._run is not None else 0

    @property
    def is_done(self) -> bool:
        """Every check of the step is green."""
        return all(result.passed for result in self.results)

    def lessons(self) -> "list[Lesson]":
        """All there are. Raises LessonError."""
        from termail.classroom.lesson.shelf import Shelf

        return Shelf(self.language, self.folder).lessons()

    async def begin(self, lesson: "Lesson", world: Path) -> None:
        """From its first step, in a world that is as at its start."""
        from termail.classroom.lesson.run import LessonRun
        from termail.classroom.world_client import WorldClient

        await self.leave()
        self._world = WorldClient(world)
        self._run = LessonRun(lesson, self._world, progress=self.progress)
        self.is_finished = False
        await self._run.begin()
        await self.look()

    async def look(self) -> None:
        """What the world shows now."""
        if self._run is not None:
            results = await self._run.check()
            if results != self.results:
                self.results = results
                self.changed()

    async def advance(self) -> None:
        """The next step, or the end."""
        assert self._run is not None
        self.is_finished = not await self._run.advance()
        self.results = []
        await self.look()
        self.changed()

    async def turn(self, step: int) -> None:
        """Show the step before or after; past the step at hand, begin the next one. Raises TROUBLE."""
        assert self._run is not None
        position = self.position if self.shown is None else self.shown
        if step > 0 and position == self.position:
            self.shown = None
            await self.advance()
            return
        self.shown = max(0, position + step)
        if self.shown == self.position:
            self.shown = None
        self.changed()

    async def solve(self) -> None:
        """The lesson does the step itself."""
        assert self._run is not None
        self.results = await self._run.solve()
        self.changed()

    async def leave(self) -> None:
        """No lesson any more."""
        self._run, self.results = None, []
        if self._world is not None:
            await self._world.__aexit__(None, None, None)
            self._world = None
        self.changed()

    def something_happened(self) -> None:
        """The journal of the world went on."""
        self._happened.set()

    async def _look_if_it_can(self) -> None:
        """While the world is reset or a host is away there is nothing to see: the next event shows more."""
        from termail.screens.lesson_trouble import TROUBLE

        with contextlib.suppress(*TROUBLE):
            await self.look()

    async def watch(self) -> None:
        """Look again whenever something happened, until the task is cancelled."""
        while True:
            await self._happened.wait()
            self._happened.clear()
            if self._run is not None:
                await self._look_if_it_can()
            await asyncio.sleep(GATHER_SECONDS)
