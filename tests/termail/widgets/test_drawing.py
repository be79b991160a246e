"""What the widgets draw, as text."""

from datetime import datetime

import msgspec
import pytest
from rich.cells import cell_len

from termail.mime.lines import Line, LineKind
from termail.model.folder import Folder
from termail.model.row import Row
from termail.themes import ROLES, THEMES, theme_name
from termail.widgets.bars import bar_runs, key_hints
from termail.widgets.folder_lines import folder_line, folder_tree, sorted_folders
from termail.widgets.ink import fit
from termail.widgets.letter import LetterAttachment, letter_lines
from termail.widgets.message_list import date_text, index_runs, size_text
from termail.widgets.pager_lines import pager_lines, runs_of

NOW = datetime(2026, 11, 23, 10, 40).timestamp()


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0"), (1000, "1.0K"), (4096, "4.0K"), (18_500, "18K"), (999_000, "976K"), (3 * 1024**3, "3.0G"),
    ],
)  # fmt: skip
def test_sizes_fit_four_columns(octets: int, text: str) -> None:
    assert size_text(octets) == text
    assert len(text) <= 4


def test_dates_say_what_matters() -> None:
    assert date_text(NOW - 3600, NOW) == "  09:40"
    assert date_text(NOW - 86400, NOW) == " Nov 22"
    assert date_text(NOW - 400 * 86400, NOW) == "2025-10"
    assert date_text(NOW - 21 * 365 * 86400, NOW) == "2005-11"
    assert date_text(0.0, NOW) == ""
    assert date_text(1e18, NOW) == "?"


@pytest.mark.parametrize("name", ["Bob", "会議事務局", "Łukasz 🍜 Żółć", "تقرير", "e\u0301" * 12, "", "長" * 40])
@pytest.mark.parametrize("when", [0.0, NOW - 60, NOW - 86400 * 900, -5.0, 1e18])
def test_the_columns_stand_straight_whoever_wrote(name: str, when: float) -> None:
    row = Row(
        message_id=1, folder_id=1, uid=1, sender_name=name, sender_address="", to="", subject="s",
        size_octets=10**9, message_id_header="", date=when, received=when, lines=1, thread_id=1,
        is_read=False, is_old=False,
        is_flagged=True, is_answered=False, is_deleted=True, is_draft=False, has_attachment=True, to_me="+",
        list_id="", keywords=frozenset(), has_body=True,
    )  # fmt: skip
    for width in (80, 100, 160):
        plain = index_runs(row, 7, 3, width, NOW, tagged=False)
        usual = index_runs(msgspec.structs.replace(row, sender_name="x", date=NOW), 7, 3, width, NOW, tagged=False)
        assert [cell_len(text) for text, _ in plain] == [cell_len(text) for text, _ in usual]


@pytest.mark.parametrize(
    "text", ["short", "a much longer text than fits", "会議の議事録について", "🍜🍜🍜🍜🍜🍜", ""]
)
def test_fitted_text_is_exactly_as_wide_as_asked(text: str) -> None:
    for width in range(13):
        assert cell_len(fit(text, width)) == width


def test_long_quotes_fold_to_their_first_line_and_short_ones_stay() -> None:
    lines = [Line(LineKind.TEXT, "a")]
    lines += [Line(LineKind.QUOTE, f"> {at}", 1) for at in range(9)]
    lines += [Line(LineKind.TEXT, "b")]
    lines += [Line(LineKind.QUOTE, "> short", 1)]
    shown = pager_lines(lines, fold_quotes=True)
    assert [(line.text, line.folded) for line in shown] == [("a", 0), ("> 0", 8), ("b", 0), ("> short", 0)]
    assert len(pager_lines(lines, fold_quotes=True, opened=frozenset({1}))) == len(lines)
    assert len(pager_lines(lines, fold_quotes=False)) == len(lines)


def test_markup_in_mail_is_only_text() -> None:
    (line,) = pager_lines([Line(LineKind.TEXT, "[bold red]x[/] https://a.test/ [1]")], fold_quotes=True)
    runs = runs_of(line, None)
    assert "".join(text for text, _ in runs) == line.text
    assert ("https://a.test/", "link") in runs


def test_folders_with_a_role_come_first_with_what_is_below_them() -> None:
    def folder(number: int, name: str, role: str = "") -> Folder:
        return Folder(folder_id=number, account="work", name=name, role=role, total=5, unread=number, flagged=0)

    listed = [
        folder(1, "Zoo"),
        folder(2, "Archive/2025"),
        folder(3, "Archive", "archive"),
        folder(4, "INBOX", "inbox"),
    ]
    assert [found.name for found in sorted_folders(listed)] == ["INBOX", "Archive", "Archive/2025", "Zoo"]
    for width in (28, 64):
        text = "".join(run for run, _ in folder_line(listed[1], width, level=1, above="Archive"))
        assert cell_len(text) <= width
        assert text.startswith("    2025")


def test_a_letter_is_headers_a_rule_the_body_and_attachments() -> None:
    headers = [("To", "bob@other.test"), ("Subject", "")]
    lines, first = letter_lines(headers, "Hi\n> quoted", [LetterAttachment("a.pdf", "application/pdf", 2048)], 40)
    text = ["".join(run for run, _ in line) for line in lines]
    assert "To  bob@other.test" in text[1]
    assert text[2].endswith("·")
    assert text[first].split() == ["1", "a.pdf", "application/pdf", "2.0K"]


def test_every_theme_gives_every_role_a_colour() -> None:
    for theme in THEMES.values():
        assert set(ROLES) <= set(theme.variables)


def test_few_colours_or_no_color_mean_the_terminals_own() -> None:
    assert theme_name("light", no_color=True, has_true_color=True) == "terminal"
    assert theme_name("", no_color=False, has_true_color=False) == "terminal"
    assert theme_name("light", no_color=False, has_true_color=True) == "light"
    assert theme_name("", no_color=False, has_true_color=True) == "dark"


@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (80, "  y send  e edit  a attach  q abort  ? keys "),
        (46, "  y send  e edit  ? keys "),
        (36, "  y send  ? keys "),
        (28, "  ? keys "),
        (12, " "),
    ],
)
def test_a_narrow_bar_keeps_the_first_key_and_the_one_that_tells_the_others(width: int, keys: str) -> None:
    hints = key_hints([("y", "send"), ("e", "edit"), ("a", "attach"), ("q", "abort"), ("?", "keys")])
    drawn = "".join(text for text, _ in bar_runs([("alice · idle", "dim")], hints, width))
    assert drawn.startswith(" alice · idle")
    assert drawn.endswith(keys)
    assert drawn.count("  y send") == keys.count("y send")


def test_a_folder_below_a_name_that_is_no_folder_shows_the_whole_of_it() -> None:
    names = ("Trash", "Work", "Work/2026", "#lists/redes", "Old/2001/Work")
    folders = [
        Folder(
            folder_id=number,
            account="me",
            name=name,
            role="trash" if name == "Trash" else "",
            total=0,
            unread=0,
            flagged=0,
        )
        for number, name in enumerate(names, 1)
    ]
    lines, _ = folder_tree(folders, 40, 0)
    texts = ["".join(run for run, _ in line).rstrip() for line in lines]
    assert texts == ["  me", "  Trash", "  #lists/redes", "  Old/2001/Work", "  Work", "    2026"]
