"""Every lesson that comes with termail runs from end to end in a practice world, and is told in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from termail.classroom.lesson.model import Lesson
from termail.classroom.lesson.progress import Progress
from termail.classroom.lesson.run import LessonRun, all_passed
from termail.classroom.lesson.shelf import SHIPPED, Shelf, read_any
from termail.classroom.practice_world import PracticeWorld
from termail.classroom.world_client import WorldClient

LESSONS = Shelf().lessons()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[Path]:
    with PracticeWorld(tmp_path_factory.mktemp("lessons") / "world", bare=True) as running:
        yield running.data


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
async def test_a_lesson_runs_from_end_to_end(world: Path, lesson: Lesson) -> None:
    async with WorldClient(world) as client:
        run = LessonRun(lesson, client)
        await run.begin()
        while True:
            if run.step.checks:
                assert not all_passed(await run.check()), f"{run.step.title}: passes before anything was done"
            assert [result.text for result in await run.solve() if not result.passed] == [], run.step.title
            if not await run.advance():
                break


def test_there_are_the_twelve_lessons_of_the_course() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))
    assert {
        "first-message",
        "smtp-by-hand",
        "esmtp",
        "envelope-header-body",
        "mime",
        "pop-by-hand",
        "imap-by-hand",
        "pop-against-imap",
        "queue-and-bounces",
        "mx-and-dns",
        "open-relay-and-lists",
        "spam-and-viruses",
    } <= {lesson.name for lesson in LESSONS}


@pytest.mark.parametrize("lesson", Shelf("es").lessons(), ids=lambda lesson: lesson.name)
def test_every_lesson_is_told_in_spanish_too(lesson: Lesson) -> None:
    english = Shelf().lesson(lesson.name)
    assert lesson.language == "es"
    assert lesson.title != english.title or lesson.name == "mime"
    for step, original in zip(lesson.steps, english.steps, strict=True):
        assert step.text != original.text
        assert step.solution == original.solution
    assert (SHIPPED / "es" / f"{lesson.name}.toml").exists()


async def test_the_lesson_of_the_teachers_page_runs(world: Path, tmp_path: Path) -> None:
    page = SHIPPED.parent.parent / "docs" / "lessons.md"
    example = page.read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "example.toml").write_text(example)
    await test_a_lesson_runs_from_end_to_end(world, read_any(tmp_path / "example.toml"))


async def test_a_run_can_begin_in_the_middle_and_its_progress_is_kept(world: Path, tmp_path: Path) -> None:
    kept = tmp_path / "state" / "lessons.json"
    lesson = Shelf().lesson("smtp-by-hand")
    async with WorldClient(world) as client:
        run = LessonRun(lesson, client, progress=Progress(kept))
        await run.begin(2)
        assert Progress(kept).mark(lesson.name).step == 2
        await run.solve()
        assert await run.advance()
        assert run.is_last and not await run.advance()
    mark = Progress(kept).mark(lesson.name)
    assert mark.step == 0 and mark.finished > 0
    kept.write_text("not json")
    assert Progress(kept).mark(lesson.name).step == 0
