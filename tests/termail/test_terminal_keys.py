"""What a terminal sends for Alt and a key, as Textual's parser hands it on."""

import pytest
from textual import events

from termail.keymap import stroke_of
from termail.terminal_keys import AltParser


@pytest.mark.parametrize(
    ("sent", "stroke"),
    [
        ("\x1bf", "M-f"),
        ("\x1bb", "M-b"),
        ("\x1bd", "M-d"),
        ("\x1bF", "M-F"),
        ("\x1b/", "M-/"),
        ("\x1b\r", "M-Enter"),
        ("f", "f"),
    ],
)
def test_alt_and_a_key_are_one_stroke(sent: str, stroke: str) -> None:
    parser = AltParser()
    keys = [event for event in (*parser.feed(sent), *parser.feed("")) if isinstance(event, events.Key)]
    assert [stroke_of(key.key, key.character) for key in keys] == [stroke]
