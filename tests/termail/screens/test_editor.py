"""Where the built-in editor begins to write."""

import pytest

from termail.screens.editor import answer_line

REPLY = "Bob wrote:\n> one\n> two\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("Hello\n\nBob\n", 0),
        (REPLY, 3),
        (REPLY + "\n", 4),
        (REPLY + "\n\n\n", 4),
        (REPLY + "\n\n-- \nAlice\n", 4),
        (REPLY + "\n-- \nAlice\n", 3),
        (REPLY + "\nwritten before\n", 0),
        (REPLY + "written before\n", 0),
        ("> all quoted", 0),
    ],
)
def test_an_answer_is_written_below_what_it_answers(text: str, line: int) -> None:
    assert answer_line(text) == line
