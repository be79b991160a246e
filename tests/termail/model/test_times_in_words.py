"""A time typed in words is the moment a person means, always in the future."""

from datetime import datetime

import pytest

from termail.model.when import NotATime, parse_when

NOW = datetime(2026, 11, 25, 10, 40)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "then"),
    [
        ("in 2 hours", (25, 12, 40)),
        ("90m", (25, 12, 10)),
        ("in a week", (32, 10, 40)),
        ("18:30", (25, 18, 30)),
        ("9:15", (26, 9, 15)),
        ("at 9", (26, 9, 0)),
        ("9pm", (25, 21, 0)),
        ("12am", (26, 0, 0)),
        ("tonight", (25, 20, 0)),
        ("tomorrow", (26, 8, 0)),
        ("Tomorrow, 9am", (26, 9, 0)),
        ("friday 8:00", (27, 8, 0)),
        ("wed", (32, 8, 0)),
        ("next monday", (30, 8, 0)),
        ("2026-11-29", (29, 8, 0)),
        ("2026-11-29 18:00", (29, 18, 0)),
        ("26 nov 7:00", (26, 7, 0)),
    ],
)
def test_words_become_a_moment(words: str, then: tuple[int, int, int]) -> None:
    day, hour, minute = then
    expected = datetime(2026, 11 + (day > 30), day - 30 * (day > 30), hour, minute)
    assert parse_when(words, NOW.timestamp()) == expected.timestamp()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("soon", "write one like"),
        ("2020-01-01", "is past"),
        ("25:00", "write"),
        ("", "write"),
        ("32 nov", "write"),
        ("today 9:00", "past"),
    ],
)
def test_words_that_say_no_time_are_refused_with_examples(words: str, why: str) -> None:
    with pytest.raises(NotATime, match=why):
        parse_when(words, NOW.timestamp())
