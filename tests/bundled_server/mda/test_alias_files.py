"""Alias files: what they say, what is refused with its place, and changes while the host runs."""

import os
from pathlib import Path

import pytest

from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.alias_file import AliasFileError, read_alias_file


def written(folder: Path, text: str, name: str = "aliases") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_names_members_comments_and_long_lines(tmp_path: Path) -> None:
    text = (
        '# who is who\nTeam: alice,\n  juan@cities.org , "bob@other.test"\n\n'
        '"info@cities.org" : \\root\n@cities.org: eve\n'
    )
    names, included = read_alias_file(written(tmp_path, text))
    assert names == {
        "team": ("alice", "juan@cities.org", "bob@other.test"),
        "info@cities.org": ("root",),
        "@cities.org": ("eve",),
    }
    assert included == []


def test_lists_in_files_of_their_own(tmp_path: Path) -> None:
    written(tmp_path, "# members\nalice\njuan, bob@other.test\n\n", "team.list")
    names, included = read_alias_file(
        written(tmp_path, f"team: root, :include:{tmp_path}/team.list\nb: :include:team.list\n")
    )
    assert names["team"] == ("root", "alice", "juan", "bob@other.test")
    assert names["b"] == ("alice", "juan", "bob@other.test")
    assert included == [tmp_path / "team.list"] * 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: b\nteam\n", "line 2: write NAME: MEMBER, MEMBER"),
        ("team: a\nTEAM: b\n", "line 2: team is there twice"),
        ("team:\n", "line 1: team has no members"),
        ("  alice\n", "line 1: white space at the start"),
        (
            'run: "|/bin/rm -rf /"\n',
            "line 1: '|/bin/rm -rf /' would run a program: that is switched off (alias_pipes",
        ),
        ("run: |/bin/cat\n", "would run a program"),
        ("file: /var/mail/x\n", "line 1: '/var/mail/x' would write to a file"),
        ("a: b c\n", "line 1: 'b c' is not an address"),
        ('a: "b\n', "line 1: a quotation mark is not closed"),
        ("a: :include:nowhere\n", "nowhere is not a file"),
        ("a: :include:aliases.loop\n", "is included too deep, perhaps in a circle"),
        ("a: b\x07c\n", "is not an address"),
    ],
)
def test_what_cannot_be_used_names_its_place(tmp_path: Path, text: str, words: str) -> None:
    written(tmp_path, ":include:aliases.loop\n", "aliases.loop")
    with pytest.raises(AliasFileError) as caught:
        read_alias_file(written(tmp_path, text))
    assert words in str(caught.value)


def test_a_pipe_in_an_included_file_is_refused_too(tmp_path: Path) -> None:
    written(tmp_path, "|/bin/cat\n", "team.list")
    with pytest.raises(AliasFileError, match=r"team.list, line 1: '\|/bin/cat' would run a program"):
        read_alias_file(written(tmp_path, "team: :include:team.list\n"))


def test_the_settings_win_and_the_first_file(tmp_path: Path) -> None:
    one, two = written(tmp_path, "a: one\nb: one\n", "1"), written(tmp_path, "b: two\nc: two\n", "2")
    book = AliasBook({"A": ("settings",)}, (one, two))
    assert dict(book) == {"a": ("settings",), "b": ("one",), "c": ("two",)}


def test_changes_are_seen_and_mistakes_change_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    members = written(tmp_path, "alice\n", "team.list")
    path = written(tmp_path, "team: :include:team.list\n")
    book = AliasBook({}, (path,))
    for number, (text, expected) in enumerate([("juan\n", "juan"), ("|cat\n", "juan"), ("bob\n", "bob")], 1):
        members.write_text(text)
        os.utime(members, ns=(number, number))
        book.refresh()
        book.refresh()
        assert book["team"] == (expected,)
    assert caplog.text.count("the aliases stay as they were") == 1
