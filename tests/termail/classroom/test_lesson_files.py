"""What is wrong with a lesson file is said with its line."""

from pathlib import Path

import pytest

from termail.classroom.lesson.parser import LessonError, read_lesson
from termail.classroom.lesson.shelf import Shelf, read_any
from termail.cli import main

GOOD = """name = "mine"
title = "My own"
summary = "One step."

[[step]]
title = "Say hello"
text = '''
[[step]]
title = "no table, this is text"
'''

[[step.do]]
talk = "smtp"
host = "cities.org"
lines = '''
S: 220
C: NOOP
S: 250
'''

[[step.check]]
said = "^NOOP"
text = "you said NOOP"
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('title = "My own"', 'title = "My own', 2, "is not TOML"),
        ('title = "My own"', 'titel = "My own"', 2, "unknown key 'titel'"),
        ('title = "My own"\n', "", 1, "title is missing"),
        ('name = "mine"', 'name = "My Lesson"', 1, "is no name"),
        ('title = "Say hello"', "title = 7", 6, "title is a text"),
        ('talk = "smtp"', 'talks = "smtp"', 12, "exactly one of the keys talk, send"),
        ('host = "cities.org"\n', "", 12, "required field `host`"),
        ('said = "^NOOP"', 'said = "^(NOOP"', 22, "no regular expression"),
        ('said = "^NOOP"', 'said = "^NOOP"\nport = "telnet"', 23, "port is one of smtp"),
        ("C: NOOP", "NOOP", 15, "begins with C: or S:"),
        ("[[step.check]]", "[step.check]", 21, "write [[step.check]]"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(LessonError) as error:
        read_lesson(path)
    assert error.value.line == line, str(error.value)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert words in str(error.value)


def test_checks_need_a_solution(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD[: GOOD.index("[[step.do]]")] + GOOD[GOOD.index("[[step.check]]") :])
    with pytest.raises(LessonError, match=r":5: a step with checks needs its solution"):
        read_lesson(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('translates = "never"\n', "no lesson of termail's"),
        (
            'translates = "smtp-by-hand"\nlanguage = "es"\ntitle = "t"\nsummary = "s"\n'
            '[[step]]\ntitle = "x"\ntext = "y"\n',
            ":5: smtp-by-hand has 4 steps, its translation 1",
        ),
    ],
)
def test_a_translation_fits_its_original(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "es.toml"
    path.write_text(text)
    with pytest.raises(LessonError, match=words):
        read_any(path)


def test_a_teachers_own_lessons_come_first(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    assert Shelf(folder=tmp_path).lessons()[0].name == "mine"


def test_the_command_checks_shows_and_lists(tmp_path: Path, capsys) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert main(["lesson", "check"]) == 0
    assert main(["lesson", "check", "--file", str(path)]) == 0
    path.write_text(GOOD.replace("said =", "sayd ="))
    capsys.readouterr()
    assert main(["lesson", "check", "--file", str(path), "--json"]) == 1
    assert f"{path}:21: " in capsys.readouterr().out
    assert main(["lesson", "list", "--lang", "es"]) == 0
    assert "SMTP a mano" in capsys.readouterr().out
    assert main(["lesson", "show", "2"]) == 0
    assert "# SMTP by hand" in capsys.readouterr().out
    assert main(["lesson", "show", "nothing"]) == 1
    assert "no lesson 'nothing': there is" in capsys.readouterr().err
    assert main(["lesson", "run"]) == 2


def test_a_teachers_lesson_is_played_by_command(tmp_path: Path, capsys) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert main(["lesson", "run", "--file", str(path)]) == 0
    said = capsys.readouterr().out
    assert "    C: NOOP" in said and "[x] you said NOOP" in said
