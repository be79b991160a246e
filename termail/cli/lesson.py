"""`termail lesson`: the lessons of the classroom, listed, shown, checked, and played to their end."""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from termail.classroom.lesson.acting import ActionFailed
from termail.classroom.lesson.checking import CheckResult
from termail.classroom.lesson.model import Lesson, Step
from termail.classroom.lesson.parser import LessonError
from termail.classroom.lesson.run import LessonRun, all_passed
from termail.classroom.lesson.shelf import NoSuchLesson, Shelf, read_any
from termail.classroom.practice_world import PracticeWorld, WorldDidNotStart
from termail.classroom.world_client import WorldClient, WorldRefused
from termail.cli.errors import UserError


def run_list(options: argparse.Namespace) -> int:
    """The names and titles of all lessons."""
    lessons = _lessons(options)
    if options.json:
        print(json.dumps([_summary(lesson) for lesson in lessons], ensure_ascii=False))
        return 0
    for lesson in lessons:
        number = f"{lesson.number:>2}" if lesson.number else " *"
        print(f"{number}  {lesson.name:<24} {lesson.title} ({len(lesson.steps)} steps, {lesson.minutes} min)")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """The text of one lesson."""
    lesson = _lesson(options)
    if options.json:
        steps = [{"title": step.title, "text": step.text, "hint": step.hint} for step in lesson.steps]
        print(json.dumps({**_summary(lesson), "steps": steps}, ensure_ascii=False))
        return 0
    print(f"# {lesson.title}\n\n{lesson.summary}\n")
    for number, step in enumerate(lesson.steps, 1):
        print(f"## {number}. {step.title}\n\n{step.text}\n")
        for check in step.checks:
            print(f"- [ ] {check.text}")
        print()
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Whether lesson files are what they should be: one, or all there are."""
    paths = [options.file] if options.file else _paths(options)
    if not paths:
        raise UserError("there is no lesson file to check: name one with --file or a folder with --folder")
    rows: list[dict[str, Any]] = []
    for path in paths:
        try:
            lesson = read_any(path)
            rows.append({"file": str(path), "ok": True, "steps": len(lesson.steps), "error": ""})
        except LessonError as error:
            rows.append({"file": str(path), "ok": False, "steps": 0, "error": str(error)})
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            print(f"{row['file']}: {row['steps']} steps" if row["ok"] else row["error"])
    return 0 if all(row["ok"] for row in rows) else 1


def run_play(options: argparse.Namespace) -> int:
    """Play a lesson's own solution in a fresh practice world, with transcript and checks."""
    lesson = _lesson(options)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="termail-lesson-", ignore_cleanup_errors=True) as folder,
            PracticeWorld(Path(folder) / "world", bare=True) as world,
        ):
            report = asyncio.run(_play(lesson, world.data, aloud=not options.json))
    except (WorldDidNotStart, ActionFailed, WorldRefused, aiohttp.ClientError, OSError) as error:
        raise UserError(f"the lesson stopped: {error}") from error
    passed = all(step["passed"] for step in report)
    if options.json:
        print(json.dumps({"lesson": lesson.name, "passed": passed, "steps": report}, ensure_ascii=False))
    else:
        print(f"{lesson.title}: {'every check passed' if passed else 'some checks did not pass'}")
    return 0 if passed else 1


async def _play(lesson: Lesson, world: Path, *, aloud: bool) -> list[dict[str, Any]]:
    report: list[dict[str, Any]] = []
    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        if aloud:
            print(f"    {line}", flush=True)

    async with WorldClient(world) as client:
        run = LessonRun(lesson, client, tell=tell)
        if aloud:
            print(f"# {lesson.title}\n")
        await run.begin()
        going_on = True
        while going_on:
            if aloud:
                print(f"## {run.position + 1}. {run.step.title}\n\n{run.step.text}\n")
            results = await run.solve()
            if aloud:
                _print_results(results)
            report.append(_row(run.step, results, said))
            said.clear()
            going_on = all_passed(results) and await run.advance()
    return report


def _row(step: Step, results: Sequence[CheckResult], said: Sequence[str]) -> dict[str, Any]:
    return {
        "title": step.title,
        "passed": all_passed(results),
        "transcript": list(said),
        "checks": [{"passed": result.passed, "text": result.text, "found": result.found} for result in results],
    }


def _print_results(results: Sequence[CheckResult]) -> None:
    for result in results:
        found = f" ({result.found})" if result.found and not result.passed else ""
        print(f"  [{'x' if result.passed else ' '}] {result.text}{found}")
    print()


def _lessons(options: argparse.Namespace) -> list[Lesson]:
    try:
        return Shelf(options.lang, options.folder).lessons()
    except LessonError as error:
        raise UserError(str(error)) from error


def _lesson(options: argparse.Namespace) -> Lesson:
    """The lesson of a file, or of a name."""
    try:
        if options.file:
            return read_any(options.file)
        if not options.name:
            raise UserError("which lesson? see `termail lesson list`, or name a file with --file", 2)
        return Shelf(options.lang, options.folder).lesson(options.name)
    except (LessonError, NoSuchLesson) as error:
        raise UserError(str(error)) from error


def _paths(options: argparse.Namespace) -> list[Path]:
    shelf = Shelf(options.lang, options.folder)
    if not options.name:
        return list(shelf.files())
    found = [path for path in shelf.files() if path.stem == options.name]
    if not found:
        raise UserError(f"no lesson file is called {options.name}.toml")
    return found


def _summary(lesson: Lesson) -> dict[str, Any]:
    return {
        "name": lesson.name,
        "number": lesson.number,
        "title": lesson.title,
        "summary": lesson.summary,
        "language": lesson.language,
        "minutes": lesson.minutes,
        "lecture": lesson.lecture,
        "step_count": len(lesson.steps),
    }
