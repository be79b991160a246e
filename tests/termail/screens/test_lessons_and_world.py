"""Lessons and the world on the screen: text with its weights, checks that turn green, times as people write."""

import re
from pathlib import Path
from typing import Any

import pytest

from termail.classroom.lesson.checking import CheckResult
from termail.screens import lesson, lesson_lines
from termail.screens.desk import CommandError
from termail.screens.lesson_desk import LessonDesk
from termail.screens.lesson_lines import check_lines, markdown_lines, narration
from termail.screens.lesson_words import in_words_of
from termail.screens.services import Services
from termail.screens.world import span_seconds

TEXT = """SMTP is **plain** text; say `HELO` and
read the answer.

    HELO server.other.test

- one thing
- another thing
"""


def text_of(line: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in line)


def test_the_markdown_of_a_lesson_keeps_its_weights_when_it_is_wrapped() -> None:
    lines = markdown_lines(TEXT, 30)
    assert [text_of(line) for line in lines] == [
        "SMTP is plain text; say HELO",
        "and read the answer.",
        "",
        "    HELO server.other.test",
        "",
        "- one thing",
        "- another thing",
    ]
    assert ("plain", "strong") in lines[0]
    assert ("HELO", "accent") in lines[0]
    assert ("HELO server.other.test", "accent") in lines[3]


def test_escapes_in_a_teachers_lesson_stay_harmless() -> None:
    lines = markdown_lines("a **\x1b]0;x\x07** b\n\n    \x1b[2J", 60)
    assert "\x1b" not in "".join(text_of(line) for line in lines)


def test_checks_turn_green_and_tell_what_was_found_instead() -> None:
    lines = check_lines([CheckResult(True, "done so"), CheckResult(False, "not yet", "0 of 1")])
    assert ("✓ ", "ok") in lines[0]
    assert ("○ ", "warning") in lines[1]
    assert "0 of 1" in text_of(lines[2])


class Standing(LessonDesk):
    """A desk before the second step of a shipped lesson."""

    lesson = LessonDesk().lessons()[1]  # type: ignore[assignment]
    step = lesson.steps[1]  # type: ignore[assignment]
    position = 1  # type: ignore[assignment]


def test_the_narration_bar_says_where_one_is_and_what_is_still_to_do() -> None:
    desk = Standing()
    desk.results = [CheckResult(True, "first"), CheckResult(False, "second")]
    title, lines = narration(desk, 80, key="F1")
    assert f"2 of {len(desk.lesson.steps)}" in text_of(title)
    assert [text_of(line) for line in lines] == ["  ○ second", "  ✓ 1 of 2 done"]
    desk.results = [CheckResult(True, "first")]
    assert "F1 leads on" in text_of(narration(desk, 80, key="F1")[1][0])


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("2h", 7200), ("5d", 432_000), ("7", 7)]
)
def test_times_are_written_as_people_write_them(text: str, seconds: float) -> None:
    assert span_seconds(text) == seconds


def test_what_is_no_time_says_how_to_write_one() -> None:
    with pytest.raises(CommandError, match="30m, 2h or 5d"):
        span_seconds("soon")


async def test_without_a_world_both_screens_say_how_to_get_one(opened: Any, services: Services) -> None:
    async with opened() as client:
        await client.press("f2")
        assert "`termail practice` starts one" in client.lines[-1]
        await client.press("q", "f1")
        assert client.screen_name == "LessonsScreen"
        assert "SMTP by hand" in client.text
        await client.press("enter")
        assert "termail practice --lesson NAME" in client.lines[-1]


async def test_a_lesson_file_that_cannot_be_read_is_named(opened: Any, services: Services, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("name = 1")
    services.lesson.folder = tmp_path
    async with opened() as client:
        await client.press("f1")
        assert "mine.toml" in client.text


def test_around_a_spanish_lesson_all_words_are_spanish() -> None:
    lines = check_lines([CheckResult(False, "no está", "0 of 1"), CheckResult(False, "x", "3 messages fit")], "es")
    assert [text_of(line).strip() for line in lines[1::2]] == ["0 de 1", "mensajes que coinciden: 3"]
    sources = "".join(Path(module.__file__ or "").read_text() for module in (lesson, lesson_lines))
    said = re.findall(r'(?:_words|in_words_of)\((?:[a-z._]+, )?[\'"](.+?)[\'"][,)]', sources)
    said += [words for screen in (lesson.LessonScreen, lesson.LessonsScreen) for _, words in screen.HINTS]
    assert len(said) > 20
    assert [text for text in said if in_words_of("es", text) == text] == []
