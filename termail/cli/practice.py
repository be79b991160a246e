"""`termail practice`: the practice world, and a client with its mailbox open; without a terminal, the tour."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from termail.classroom.lesson.progress import Progress
from termail.classroom.lesson.shelf import NoSuchLesson, Shelf
from termail.classroom.practice_accounts import PEOPLE, write_settings
from termail.classroom.practice_world import PracticeWorld, WorldDidNotStart
from termail.cli.errors import UserError
from termail.config import data_folder


def run(options: argparse.Namespace) -> int:
    """Start the world, run the client (or the tour) in it, stop the world."""
    if options.user not in PEOPLE:
        raise UserError(f"no {options.user!r} in the practice world: try {', '.join(PEOPLE)}", 2)
    if options.lesson:
        try:
            options.lesson = Shelf(_language(options)).lesson(options.lesson).name
        except NoSuchLesson as error:
            raise UserError(str(error), 2) from error
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with _folder(options.data) as folder, PracticeWorld(folder / "world") as world:
            if options.json or options.tour or not (options.web or sys.stdout.isatty()):
                from termail.classroom.tour import print_tour

                return print_tour(world, folder / "tour", as_json=options.json)
            config = write_settings(world, options.user, folder / "config")
            return _open_client(options, config, folder / f"client-{options.user}")
    except WorldDidNotStart as error:
        raise UserError(str(error)) from error


def _leave(number: int, _: object) -> None:
    """A closed window or a kill ends the world too, and what was fresh goes."""
    raise SystemExit(128 + number)


def _open_client(options: argparse.Namespace, config: Path, data: Path) -> int:
    if options.web:
        from termail.cli.web import serve

        return serve(config, data, port=options.port, title=f"{options.user}'s mailbox")
    from termail.app import run as run_client
    from termail.screens.lesson_desk import LessonDesk

    desk = LessonDesk(language=_language(options), progress=Progress(data_folder() / "lessons.json"))
    return run_client(config, data, lesson=options.lesson, lessons=desk)


def _language(options: argparse.Namespace) -> str:
    """The one asked for, else Spanish where the terminal speaks it."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return options.language or ("es" if spoken.startswith("es") else "en")


@contextlib.contextmanager
def _folder(wished: Path | None) -> Iterator[Path]:
    """The folder of this world: the one asked for, which stays, or a fresh one, which goes at the end."""
    if wished is not None:
        try:
            wished.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UserError(f"cannot use {wished}: {error.strerror}; choose another --data folder") from error
        yield wished.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="termail-practice-", ignore_cleanup_errors=True) as fresh:
        yield Path(fresh)
