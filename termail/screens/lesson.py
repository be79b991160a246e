"""Lessons: the chooser, and the step at hand with its text and its checks, which turn green as they are done."""

from collections.abc import Awaitable, Sequence
from pathlib import Path

from textual.app import ComposeResult

from termail.classroom.lesson.model import Lesson
from termail.classroom.lesson.parser import LessonError
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.lesson_desk import LessonDesk
from termail.screens.lesson_lines import check_lines, markdown_lines
from termail.screens.lesson_trouble import TROUBLE
from termail.screens.lesson_words import in_words_of
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.reports import Report
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.select_list import TextList

SUMMARY_WIDTH = 100  # on a narrower screen too little of a summary would be left to read
TEXT_WIDTH = 92  # a longer line is harder to read


class LessonsScreen(Report):
    """All lessons with how far one came; Enter begins one."""

    TITLE_TEXT = "Lessons"
    HINTS = (("select-entry", "begin"), ("quit", "back"), ("help", "keys"))

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        try:
            self._lessons = services.lesson.lessons()
        except LessonError as error:
            self._lessons = []
            self.EMPTY = clean_line(str(error))

    def title_runs(self) -> tuple[Run, ...]:
        return ((in_words_of(self.services.lesson.language, self.TITLE_TEXT), "strong"),)

    def hints(self) -> Sequence[tuple[str, str]]:
        language = self.services.lesson.language
        return [(name, in_words_of(language, text)) for name, text in self.HINTS]

    def report_lines(self) -> list[list[Run]]:
        return [self._line(lesson) for lesson in self._lessons]

    def _line(self, lesson: Lesson) -> list[Run]:
        progress = self.services.lesson.progress
        mark = progress.mark(lesson.name) if progress is not None else None
        state: Run = (" ○ ", "faint")
        if mark is not None and mark.finished:
            state = (" ✓ ", "ok")
        elif mark is not None and mark.step:
            state = (" ◐ ", "warning")
        return [
            state,
            (f"{lesson.number or '*':>2}  ", "accent"),
            (fit(clean_line(lesson.title), 40) + " ", "strong"),
            (f"{lesson.minutes:>2} min  ", "dim"),
            (clean_line(lesson.summary) if self.size.width >= SUMMARY_WIDTH else "", "dim"),
        ]

    def do_select_entry(self, argument: str) -> None:
        if not self._lessons:
            raise CommandError(self.EMPTY)
        self.begin(self._begin(self._lessons[min(self.list.cursor, len(self._lessons) - 1)]))

    async def _begin(self, lesson: Lesson) -> None:
        await begin_lesson(self, lesson)
        self.app.switch_screen(self.services.places["lesson"](self.services))


class LessonScreen(MailScreen):
    """The step at hand."""

    CONTEXT = Context.LESSON
    HINTS = (
        ("lesson-open", "go there"),
        ("lesson-next", "next step"),
        ("lesson-hint", "hint"),
        ("lesson-solve", "show me"),
        ("lesson-list", "lessons"),
        ("quit", "back to work"),
        ("help", "keys"),
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._shown = self._desk.position
        self._hints = False
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    @property
    def _desk(self) -> LessonDesk:
        return self.services.lesson

    def _words(self, text: str, **values: object) -> str:
        return in_words_of(self._desk.lesson.language, text, **values)

    def hints(self) -> Sequence[tuple[str, str]]:
        return [(name, in_words_of(self._desk.language, text)) for name, text in self.HINTS]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Lines need the width."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """The text is wrapped anew."""
        self._draw()

    def show_lesson(self) -> None:
        """A check turned green, or another step began."""
        self._draw()

    def _draw(self) -> None:
        if not self._desk.is_running or not self.size.width:
            return
        lesson = self._desk.lesson
        step = lesson.steps[self._shown]
        width = min(TEXT_WIDTH, self.size.width - 4)
        lines: list[list[Run]] = [[], [("  ", "text"), (clean_line(step.title), "strong")], []]
        lines += [[("  ", "text"), *line] for line in markdown_lines(step.text, width)]
        if self._hints and step.hint:
            lines += [[], [(f"  {self._words('Hint')}", "warning")]]
            lines += [[("  ", "text"), *line] for line in markdown_lines(step.hint, width)]
        lines.append([])
        if self._shown == self._desk.position:
            lines += check_lines(self._desk.results, lesson.language)
            if self._desk.is_done and not self._desk.is_finished:
                key = self.services.keymap.first_key(self.CONTEXT, "lesson-next")
                lines += [
                    [],
                    [(f"  {self._words('Done.')} ", "ok"), (key, "accent"), (self._words(" leads on"), "dim")],
                ]
        if self._desk.is_finished:
            lines += [[], [(f"  {self._words('The lesson is done.')}", "ok")]]
        self.list.put_lines(lines)
        self.show_title()

    def title_runs(self) -> tuple[Run, ...]:
        if not self._desk.is_running:
            return ((in_words_of(self._desk.language, "Lesson"), "strong"),)
        lesson = self._desk.lesson
        return (
            (clean_line(lesson.title), "strong"),
            (f" · {self._words('step {at} of {count}', at=self._shown + 1, count=len(lesson.steps))}", "dim"),
            (f" · {clean_line(lesson.lecture)}" if lesson.lecture else "", "dim"),
        )

    # --- commands

    async def do_lesson_next(self, argument: str) -> None:
        if self._shown < self._desk.position:
            self._turn(self._shown + 1)
            return
        if self._desk.is_finished:
            raise CommandError(self._words("The lesson is done; c chooses another."))
        if not self._desk.is_done and not await self.confirm(
            self._words("Not everything is done: go on?"), default=False
        ):
            return
        await _tried(self._desk.advance())
        self._turn(self._desk.position)

    def do_lesson_previous(self, argument: str) -> None:
        self._turn(max(0, self._shown - 1))

    def _turn(self, position: int) -> None:
        self._shown, self._hints = position, False
        self.list.cursor = 0
        self._draw()

    def do_lesson_hint(self, argument: str) -> None:
        if not self._desk.lesson.steps[self._shown].hint:
            raise CommandError(self._words("This step needs none."))
        self._hints = not self._hints
        self._draw()

    async def do_lesson_solve(self, argument: str) -> None:
        self.tell(self._words("The lesson does it."))
        await _tried(self._desk.solve())
        self._draw()

    def do_lesson_open(self, argument: str) -> None:
        opens = self._desk.lesson.steps[self._shown].opens
        place, _, rest = opens.partition(" ")
        if place == "console":
            self.go("console", rest)
        elif place in ("wire", "world", "outbox", "operations"):
            self.go(place)
        else:
            self.dismiss(None)

    def do_select_entry(self, argument: str) -> None:
        self.do_lesson_open(argument)

    def do_lesson_list(self, argument: str) -> None:
        self.app.switch_screen(self.services.places["lessons"](self.services))

    async def do_lesson_leave(self, argument: str) -> None:
        await self._desk.leave()
        self.dismiss(None)


async def begin_lesson(screen: MailScreen, lesson: Lesson) -> None:
    """In the world this client lives in. Raises CommandError."""
    world = screen.services.settings.practice.world
    if not world:
        raise CommandError("Lessons live in the practice world: `termail practice --lesson NAME` starts it.")
    screen.tell(in_words_of(lesson.language, "The world is made ready…"))
    await _tried(screen.services.lesson.begin(lesson, Path(world)))


async def _tried(doing: Awaitable[None]) -> None:
    """What the world refuses, in one line."""
    try:
        await doing
    except TROUBLE as error:
        raise CommandError(clean_line(str(error)) or "The practice world does not answer.") from error
