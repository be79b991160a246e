"""Reading lesson files: TOML to a Lesson, with errors that name file and line."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from termail.classroom.lesson.model import ACTIONS, CHECKS, Action, Check, Lesson, Step, Talk
from termail.classroom.lesson.positions import Place, find_lines, line_of
from termail.classroom.lesson.talking import is_line

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_PATTERNS = ("said", "reply", "about", "body")
LESSON_KEYS = {"name", "title", "summary", "language", "number", "minutes", "lecture", "step", "translates"}
STEP_KEYS = {"title", "text", "hint", "opens", "prepare", "do", "check", "checks"}
PORTS = ("", "smtp", "submission", "imap", "pop3", "relay", "dns")


class LessonError(Exception):
    """A file is no lesson; the text begins with "FILE:LINE: "."""

    def __init__(self, path: Path, line: int, text: str) -> None:
        super().__init__(f"{path}:{line}: {text}")
        self.line = line


def read_lesson(path: Path, original: Lesson | None = None) -> Lesson:
    """The lesson in a file. With an `original` the file is its translation: texts only, step by step. Raises
    LessonError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(path, 1, f"cannot be read: {error}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else len(text.splitlines())
        raise LessonError(path, line, f"is not TOML: {_AT_LINE.sub('', str(error)).strip()}") from error
    return _Reader(path, document, find_lines(text)).lesson(original)


def translates(path: Path) -> str:
    """The name of the lesson that this file translates, "" when it stands alone or cannot be read."""
    try:
        return str(tomllib.loads(path.read_text("utf-8")).get("translates", ""))
    except (OSError, ValueError):
        return ""


def _wrong_line(action: Action) -> str:
    """The first line of a dialogue that cannot be in one."""
    lines = action.lines.strip().splitlines() if isinstance(action, Talk) else []
    return next((line for line in map(str.strip, lines) if not is_line(line)), "")


class _Reader:
    """Turns one document into values."""

    def __init__(self, path: Path, document: Mapping[str, Any], lines: dict[Place, int]) -> None:
        self._path = path
        self._document = document
        self._lines = lines

    def lesson(self, original: Lesson | None) -> Lesson:
        document = self._document
        self._only_known((), document, LESSON_KEYS)
        steps = document.get("step", [])
        if not isinstance(steps, list) or not steps:
            raise self._error((), "a lesson has steps: write [[step]]")
        if original is not None:
            return self._translated(original, steps)
        name = self._text((), document, "name")
        if not _NAME.fullmatch(name):
            raise self._error(("name",), f"{name!r} is no name: use small letters, digits and hyphens")
        return Lesson(
            name=name,
            title=self._text((), document, "title"),
            summary=self._text((), document, "summary"),
            language=self._text((), document, "language", "en"),
            number=self._whole(document, "number", 0),
            minutes=self._whole(document, "minutes", 10),
            lecture=self._text((), document, "lecture", ""),
            steps=tuple(self._step(("step", number), step) for number, step in enumerate(steps)),
        )

    def _step(self, place: Place, step: Any) -> Step:
        self._only_known(place, step, STEP_KEYS - {"checks"})
        made = Step(
            title=self._text(place, step, "title"),
            text=self._text(place, step, "text").strip(),
            hint=self._text(place, step, "hint", ""),
            opens=self._text(place, step, "opens", ""),
            prepare=self._actions(place, step, "prepare"),
            solution=self._actions(place, step, "do"),
            checks=tuple(self._checks(place, step)),
        )
        if made.checks and not made.solution:
            raise self._error(place, "a step with checks needs its solution: write [[step.do]]")
        return made

    def _actions(self, place: Place, step: Mapping[str, Any], key: str) -> tuple[Action, ...]:
        found: list[Action] = []
        for number, table in enumerate(self._tables(place, step, key)):
            at = (*place, key, number)
            action: Action = self._made(at, table, ACTIONS, "action")
            wrong = _wrong_line(action)
            if wrong:
                text = f"{wrong!r}: a line of a dialogue begins with C: or S: (or is TLS, or MAIL and three words)"
                raise self._error((*at, "lines"), text)
            found.append(action)
        return tuple(found)

    def _checks(self, place: Place, step: Mapping[str, Any]) -> Sequence[Check]:
        found: list[Check] = []
        for number, table in enumerate(self._tables(place, step, "check")):
            at = (*place, "check", number)
            check: Check = self._made(at, table, CHECKS, "check")
            self._well_formed(at, check)
            found.append(check)
        return found

    def _made(self, place: Place, table: Any, kinds: Mapping[str, type[Any]], what: str) -> Any:
        names = [name for name in kinds if name in table]
        if len(names) != 1:
            raise self._error(place, f"this {what} needs exactly one of the keys {', '.join(kinds)}")
        try:
            return msgspec.convert(table, kinds[names[0]])
        except msgspec.ValidationError as error:
            raise self._error(place, f"{what} {names[0]}: {error}") from error

    def _well_formed(self, place: Place, check: Check) -> None:
        patterns = [(name, getattr(check, name, "")) for name in _PATTERNS]
        patterns += [("header", pattern) for pattern in getattr(check, "header", {}).values()]
        for name, pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise self._error((*place, name), f"{pattern!r} is no regular expression: {error}") from error
        if getattr(check, "port", "") not in PORTS:
            raise self._error((*place, "port"), f"port is one of {', '.join(filter(None, PORTS))}")

    # translations

    def _translated(self, original: Lesson, steps: Sequence[Any]) -> Lesson:
        document = self._document
        if len(steps) != len(original.steps):
            text = f"{original.name} has {len(original.steps)} steps, its translation {len(steps)}"
            raise self._error(("step", len(steps) - 1), text)
        pairs = zip(original.steps, steps, strict=True)
        return msgspec.structs.replace(
            original,
            language=self._text((), document, "language"),
            title=self._text((), document, "title"),
            summary=self._text((), document, "summary"),
            steps=tuple(self._translated_step(("step", at), *pair) for at, pair in enumerate(pairs)),
        )

    def _translated_step(self, place: Place, step: Step, texts: Any) -> Step:
        self._only_known(place, texts, {"title", "text", "hint", "checks"})
        told = texts.get("checks", [])
        if len(told) != len(step.checks):
            text = f"this step has {len(step.checks)} checks, its translation {len(told)}"
            raise self._error((*place, "checks"), text)
        return msgspec.structs.replace(
            step,
            title=self._text(place, texts, "title"),
            text=self._text(place, texts, "text").strip(),
            hint=self._text(place, texts, "hint", "") if not step.hint else self._text(place, texts, "hint"),
            checks=tuple(
                msgspec.structs.replace(check, text=str(words))
                for check, words in zip(step.checks, told, strict=True)
            ),
        )

    # helpers

    def _tables(self, place: Place, step: Mapping[str, Any], key: str) -> Sequence[Any]:
        tables = step.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._error((*place, key, 0), f"write [[step.{key}]], once for each")
        return tables

    def _only_known(self, place: Place, table: Any, known: set[str]) -> None:
        if not isinstance(table, dict):
            raise self._error(place, "write [[step]]")
        for key in table:
            if key not in known:
                raise self._error((*place, key), f"unknown key {key!r}; there is {', '.join(sorted(known))}")

    def _text(self, place: Place, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None:
            raise self._error(place, f"{key} is missing")
        if not isinstance(value, str):
            raise self._error((*place, key), f"{key} is a text, in quotes")
        return value

    def _whole(self, table: Mapping[str, Any], key: str, default: int) -> int:
        value = table.get(key, default)
        if not isinstance(value, int):
            raise self._error((key,), f"{key} is a whole number")
        return value

    def _error(self, place: Place, text: str) -> LessonError:
        return LessonError(self._path, line_of(self._lines, place), text)
