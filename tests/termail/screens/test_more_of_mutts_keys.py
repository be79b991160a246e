"""Read-only folders, labels, aliases, completion, raw view, headers in the editor, help."""

from pathlib import Path
from typing import Any

import pytest

from termail.commands import COMMANDS, Context
from termail.keymap import Keymap
from termail.screens.compose_tools import from_headers, with_headers
from termail.screens.desk import CommandError
from termail.screens.pattern_words import complete_pattern
from termail.screens.services import Services
from termail.store.local_store import LocalStore


async def test_a_read_only_folder_takes_no_change_and_reading_leaves_mail_unread(
    opened: Any, store: LocalStore
) -> None:
    async with opened() as client:
        await client.press("%")
        assert "read-only" in client.lines[0]
        await client.press("d")
        assert "read-only" in client.lines[-1]
        await client.press("enter", "i")
        assert "2 unread" in client.lines[0]
        await client.press("%", "d")
    assert store.pending_count() == 1


async def test_another_folder_opens_read_only(opened: Any) -> None:
    async with opened() as client:
        await client.press("alt+c")
        await client.type("Sent")
        await client.press("enter")
        assert "work/Sent" in client.lines[0]
        assert "read-only" in client.lines[0]


async def test_labels_are_set_and_changed(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "Y")
        await client.type("todo home")
        await client.press("enter", "Y")
        assert "home todo" in client.lines[-1]
        await client.press("ctrl+u")
        await client.type("todo")
        await client.press("enter")
        row = client.app.screen.view.row_at(0)
        assert row.keywords == {"todo"}


async def test_the_sender_becomes_an_alias_and_the_alias_an_address(
    opened: Any, services: Services, tmp_path: Path
) -> None:
    services.aliases_path = tmp_path / "aliases"
    async with opened() as client:
        await client.press("=", "a", "enter", "enter")
        assert "Alias root written" in client.lines[-1]
        await client.press("m")
        await client.type("root")
        await client.press("enter", "enter", "escape")
        assert "  To  Root <root@other.test>" in client.text


async def test_tab_completes_an_address(opened: Any) -> None:
    async with opened() as client:
        await client.press("m")
        await client.type("Caro")
        await client.press("tab")
        assert "Carol <carol@other.test>" in client.lines[-1]


async def test_people_are_found_and_written_to(opened: Any) -> None:
    async with opened() as client:
        await client.press("Q")
        await client.type("dave")
        await client.press("enter", "enter", "escape")
        assert "  To  Dave <dave@other.test>" in client.text


async def test_a_message_is_shown_as_it_came(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "V")
        assert "As it came" in client.lines[0]
        assert "Message-ID: <m1@other.test>" in client.text


async def test_the_history_of_a_question_is_shared_by_all_screens(opened: Any) -> None:
    async with opened() as client:
        await client.press("/")
        await client.type("lunch")
        await client.press("enter", "enter", "/", "up")
        assert "Search for: lunch" in client.lines[-1]


async def test_headers_are_edited_with_the_text(opened: Any) -> None:
    async with opened() as client:
        await client.burst("m", *"bob@other.test", "enter", *"Hi", "enter", "escape", "E")
        assert client.screen_name == "EditorScreen"
        await client.burst("pagedown", *"more text", "escape")
        assert "more text" in client.text
        await client.press("F")
        await client.type("tr a-z A-Z")
        await client.press("enter")
        assert "MORE TEXT" in client.text


def test_a_header_nobody_knows_is_refused_and_a_removed_one_is_empty() -> None:
    fields = from_headers("From: a@x\nTo: b@x,\n c@x\nSubject: s\n\nbody\n")
    assert fields["to"] == "b@x, c@x"
    assert fields["cc"] == ""
    assert fields["body"] == "body\n"
    with pytest.raises(CommandError, match="no header"):
        from_headers("X-Evil: 1\n\nbody")


def test_a_draft_survives_the_editor_unchanged() -> None:
    from termail.mime.draft import Draft

    draft = Draft(account="work", from_="A <a@x>", to="b@x", subject="s", body="one\n\ntwo\n")
    fields = from_headers(with_headers(draft))
    assert fields == {key: getattr(draft, key) for key in fields}


@pytest.mark.parametrize(
    ("typed", "offer"),
    [
        ("~", "~f "),
        ("~s x ~", "~s x ~N "),
        ("fro", "from:"),
        ("from:x is:unr", "from:x is:unread"),
        ("!~", "!~F "),
    ],
)
def test_patterns_are_completed(typed: str, offer: str) -> None:
    assert offer in complete_pattern(typed)


@pytest.mark.parametrize("context", ["index", "pager", "compose", "attachments", "folders"])
async def test_help_names_every_key_of_its_place_within_80_columns(
    opened: Any, services: Services, context: str
) -> None:
    async with opened(80, 24) as client:
        client.app.push_screen(services.places["help"](services, Context(context)))
        await client.settle()
        screen = client.app.screen
        lines = [screen.list.text_of(line) for line in range(screen.list.count_lines())]
        text = "\n".join(lines)
        keymap = Keymap()
        for command in COMMANDS.values():
            for key in keymap.keys_of(Context(context), command.name):
                assert any(key in line.split(command.help)[0].split() for line in lines if command.help in line), (
                    key
                )
        assert max(map(len, lines)) <= 80, max(lines, key=len)
        assert ("sort-mailbox" in text or "Sort" in text) == (context == "index")
