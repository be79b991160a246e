"""mutt's index_format, honoured to the cell."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from termail.model.index_format import FormatError, IndexFormat
from termail.model.row import Row

MUTT = "%4C %Z %{%b %d} %-15.15L (%?l?%4l&%4c?) %s"
NOON = time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1))


def row(**changes) -> Row:
    values = {
        "message_id": 1,
        "folder_id": 1,
        "uid": 7,
        "sender_name": "Ana María García",
        "sender_address": "ana@cities.org",
        "to": "Alice",
        "subject": "Práctica",
        "message_id_header": "<1@x>",
        "date": NOON,
        "received": NOON,
        "size_octets": 4096,
        "lines": 0,
        "thread_id": 1,
        "is_read": False,
        "is_old": False,
        "is_flagged": False,
        "is_answered": False,
        "is_deleted": False,
        "is_draft": False,
        "has_attachment": False,
        "to_me": "",
        "list_id": "",
        "keywords": frozenset(),
        "has_body": True,
    }
    return Row(**{**values, **changes})


def draw(text: str, width: int = 0, tree: str = "", tagged: bool = False, **changes) -> str:
    drawn = IndexFormat(text, clean=str, now=lambda: NOON, is_tagged=lambda _: tagged, folder=lambda: "INBOX")
    line = drawn(row(**changes), 101, tree, width or 80)
    return line if width else line.rstrip()


LINES = {
    (MUTT, ()): " 101 N   Nov 22 Ana María Garcí (4.0K) Práctica",
    (MUTT, (("lines", 33),)): " 101 N   Nov 22 Ana María Garcí (  33) Práctica",
    ("%Z|", (("is_read", True), ("is_answered", True), ("is_deleted", True), ("is_flagged", True))): "rD!|",
    ("%Z|", (("is_old", True), ("to_me", "T"))): "O T|",
    ("%L", (("to_me", "F"),)): "To Alice",
    ("%L", (("to_me", "L"), ("list_id", "birds.x.org"))): "To birds",
    ("%L", (("sender_name", ""),)): "ana@cities.org",
    ("%f", ()): "Ana María García <ana@cities.org>",
    ("%v %u", ()): "Ana ana",
    ("%-6.4n|", ()): "Ana   |",
    ("%=9v|", ()): "   Ana   |",
    ("%5.3n|", (("sender_name", "田中太郎"),)): "  田 |",
    ("%06C", ()): "000101",
    ("%[%Y] %(%m) %<%d>", ()): "2026 11 22",
    ("%?X?@&-? %?g?%g&none?", (("has_attachment", True),)): "@ none",
    ("%?y?[%y]?", (("keywords", frozenset({"b", "a"})),)): "[a b]",
    ("100%%", ()): "100%",
    ("%?l?%?X?a&b?&c?", ()): "c",
    ("%c", (("size_octets", 12_345),)): "12K",
    ("%c", (("size_octets", 3_456_789),)): "3.3M",
    ("%b %i", ()): "INBOX <1@x>",
    ("%D", (("date", 1e30),)): "?",
}


@pytest.mark.parametrize(("text", "changes"), LINES, ids=lambda value: str(value)[:40])
def test_a_format_draws_a_row(text, changes):
    assert draw(text, **dict(changes)) == LINES[text, changes]


FILLS = {
    "%C%>.%b": "101............INBOX",
    "%C%|-": "101-----------------",
    "%s%* %b": "A very long subINBOX",
    "%s%> %b": "A very long subject ",
}


@pytest.mark.parametrize("text", FILLS)
def test_fills(text):
    assert draw(text, 20, subject="A very long subject indeed") == FILLS[text]


def test_the_tree_stands_before_the_subject():
    assert draw("%s", tree="└─>") == "└─>Práctica"


def test_tagged_messages_have_a_star():
    assert draw("%Z", tagged=True) == "N *"


def test_text_is_cleaned_before_it_is_measured():
    drawn = IndexFormat("%-5s|", clean=lambda text: text.replace("\x1b", ""), now=lambda: NOON)
    assert drawn(row(subject="a\x1bb"), 1, "", 10) == "ab   |    "


WRONG = {
    "%": "column 1: % is unknown; allowed: A B",
    "a %q": "column 3: %q is unknown",
    "%{%b": 'column 1: "}" is missing',
    "%?l?x": 'column 1: the "?" that ends',
    "%?l": "column 1: a condition is written",
    "%?X?" * 20: "inside one another",
    "x" * 2000: "at most 1000",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_place(text):
    with pytest.raises(FormatError) as raised:
        draw(text)
    assert WRONG[text] in str(raised.value)


PIECES = st.sampled_from([*"%?&>|*-.0{}[]()<>=", *"CZLslcdX", "12", "%b ", "文", " ", MUTT])
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Mn", "Me", "Zl", "Zp")), max_size=30)


@given(st.lists(PIECES, max_size=8).map("".join), TEXTS, st.integers(1, 120))
def test_any_format_is_refused_or_drawn_to_the_exact_width(text, subject, width):
    try:
        line = draw(text, width, subject=subject)
    except FormatError:
        return
    assert cell_len(line) == width


def test_a_line_is_drawn_in_microseconds():
    drawn = IndexFormat(MUTT, clean=str, now=lambda: NOON)
    entry = row()
    began = time.process_time()
    for number in range(1000):
        drawn(entry, number, "├─>", 120)
    assert time.process_time() - began < 1.0  # 20 µs each is usual
