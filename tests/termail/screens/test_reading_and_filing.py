"""Reading, marking and filing mail with mutt's keys."""

from array import array
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from termail.agent.messages import AccountState, FolderChanged, NewMail, OperationsWaiting, WireLine
from termail.model.order import Order
from termail.screens import listing_cache
from termail.screens.services import Services
from termail.store.local_store import Arrived, LocalStore


def inbox_id(store: LocalStore) -> int:
    folder = store.folder_with_role("work", "inbox")
    assert folder is not None
    return folder.folder_id


async def test_the_index_opens_at_the_first_new_message(opened: Any) -> None:
    async with opened() as client:
        assert "work/INBOX · 8 messages · 2 unread" in client.lines[0]
        assert "Dave" in client.selected
        assert "└─>Re: Plan" in client.selected


async def test_motions_skip_deleted_messages_and_capitals_do_not(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "d")
        assert "Plan" in client.selected
        assert client.lines[1].split()[1] == "D+"
        await client.press("k")
        assert "Plan" in client.selected
        await client.press("K")
        assert "Welcome" in client.selected
        await client.press("u", "k")
        assert "Welcome" in client.selected


async def test_enter_reads_and_marks_read(opened: Any, services: Services) -> None:
    async with opened() as client:
        await client.press("enter")
        assert client.screen_name == "PagerScreen"
        assert "Hello." in client.text
        assert OperationsWaiting() in services.agent.sent  # type: ignore[attr-defined]
        await client.press("q")
        assert client.screen_name == "IndexScreen"
        assert "1 unread" in client.lines[0]


async def test_j_in_the_pager_goes_to_the_next_message_and_the_index_follows(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "enter", "j")
        assert "Plan" in client.lines[0]
        await client.press("i")
        assert "Plan" in client.selected


async def test_long_quotes_are_folded_until_t(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "j", "enter")
        assert "[+ 11 quoted]" in client.text
        assert "quoted line 5" not in client.text
        await client.press("T")
        assert "quoted line 5" in client.text
        await client.press("T", "S")
        assert client.lines[1].strip() == "After the quotes."


async def test_space_pages_and_then_goes_on_to_the_next_message(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "j", "enter", "space", "space", "space")
        assert "Carol" in client.lines[0]


async def test_nothing_from_a_message_reaches_the_terminal_raw(opened: Any) -> None:
    async with opened(60, 24) as client:
        assert not any(ord(character) < 32 or character == "\u202e" for line in client.lines for character in line)
        await client.press("6", "enter", "enter")
        assert client.screen_name == "PagerScreen"
        assert not any(ord(character) < 32 or character == "\u202e" for line in client.lines for character in line)


async def test_tags_and_the_tag_prefix_apply_a_command_to_many(opened: Any) -> None:
    async with opened() as client:
        await client.press("T")
        await client.type("~s invoice")
        await client.press("enter")
        assert "2 tagged" in client.lines[0]
        await client.press(";", "F")
        assert sum("!" in line or "*" in line for line in client.lines[1:9]) == 2


async def test_a_limit_shows_what_matches_and_a_wrong_one_changes_nothing(opened: Any) -> None:
    async with opened() as client:
        await client.press("l")
        await client.type("~f shop")
        await client.press("enter")
        assert "2 of 8 messages" in client.lines[0]
        assert "limit ~f shop" in client.lines[0]
        await client.press("l", "ctrl+u")
        await client.type("~")
        await client.press("enter")
        assert "2 of 8 messages" in client.lines[0]
        await client.press("l", "ctrl+u")
        await client.type("all")
        await client.press("enter")
        assert "8 messages" in client.lines[0]


async def test_what_is_typed_replaces_an_offered_answer_as_in_mutt(opened: Any) -> None:
    async with opened() as client:
        await client.press("l")
        await client.type("~f shop")
        await client.press("enter", "l", *"dave", "enter")
        assert "limit dave" in client.lines[0]
        await client.press("l", "end", *"x", "enter")
        assert "No messages matched" in client.lines[-1]
        await client.press("s", *"Sent", "escape", "l", "enter")
        assert "limit dave" in client.lines[0]


async def test_save_moves_to_another_folder_and_undo_brings_it_back(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "s", "ctrl+u")
        await client.type("Arch")
        await client.press("tab", "enter")
        assert "7 messages" in client.lines[0]
        assert "1 pending" in client.lines[0]
        archive = store.folder_with_role("work", "archive")
        assert archive is not None and archive.total == 1
        await client.press("X")
        assert "8 messages" in client.lines[0]


async def test_sync_asks_before_it_removes_for_good(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "d", "$")
        assert "Purge 1 deleted message?" in client.lines[-1]
        await client.press("n")
        assert "8 messages" in client.lines[0]
        await client.press("$", "y")
        assert "7 messages" in client.lines[0]


async def test_exit_undoes_the_marks_of_this_visit(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "d", "F", "x")
    assert len(store.listing(inbox_id(store), Order(), "~D | ~F")) == 0


async def test_threads_collapse_in_place(opened: Any) -> None:
    async with opened() as client:
        await client.press("alt+v")
        assert "+2 Plan" in client.selected
        await client.press("alt+v")
        assert sum("Re: Plan" in line for line in client.lines) == 2
        await client.press("alt+shift+v", "ctrl+n")
        assert "Lunch?" in client.selected


async def test_sorting_asks_by_letter_and_keeps_the_message(opened: Any) -> None:
    async with opened() as client:
        await client.press("o", "s")
        assert "Dave" in client.selected
        assert "└─>" not in client.text
        assert client.text.index("Invoice 7") < client.text.index("Lunch?")


async def test_digits_jump_to_a_message_number(opened: Any) -> None:
    async with opened() as client:
        await client.press("8", "enter")
        assert "Invoice 8" in client.selected


async def test_search_finds_and_wraps(opened: Any) -> None:
    async with opened() as client:
        await client.press("=", "/")
        await client.type("invoice")
        await client.press("enter")
        assert "Invoice 7" in client.selected
        await client.press("n", "n")
        assert "Invoice 7" in client.selected
        assert "wrapped" in client.lines[-1]


async def test_new_mail_appears_without_a_key_and_nothing_jumps(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("8", "enter")
        before = client.lines.index(client.selected)
        message = EmailMessage()
        message["From"], message["Subject"], message["Message-ID"] = "Eve <eve@x.test>", "Fresh", "<fresh@x.test>"
        header = message.as_bytes().replace(b"\n", b"\r\n")
        new = Arrived(uid=99, flags=frozenset(), internal_date=1.0, size_octets=400, header=header)
        store.add_messages(inbox_id(store), [new])
        await client.hear(FolderChanged(folder_id=inbox_id(store)))
        await client.hear(NewMail(folder_id=inbox_id(store), sender="Eve", subject="Fresh"))
        assert "9 messages · 3 unread" in client.lines[0]
        assert "Invoice 8" in client.selected
        assert "New mail from Eve: Fresh" in client.lines[-1]
        assert abs(client.lines.index(client.selected) - before) <= 1


async def test_the_wire_pane_shows_the_dialogue_and_takes_no_key(opened: Any) -> None:
    async with opened() as client:
        await client.press("W")
        line = WireLine(account="work", protocol="imap", direction="C", time=1.0, text="a1 IDLE")
        await client.hear(line)
        assert any("C a1 IDLE" in line for line in client.lines)
        assert "tell me when something changes · RFC 2177 §3" in client.text
        await client.press("=", "j")
        assert "Plan" in client.selected
        await client.press("W")
        assert "a1 IDLE" not in client.text


async def test_the_dialogue_is_paused_and_stepped_and_shows_no_secret(opened: Any) -> None:
    async with opened() as client:
        await client.press("W", "f7")
        for text in ("a2 NOOP", "a3 LOGIN alice hunter2", "a4 LOGOUT"):
            await client.hear(WireLine(account="work", protocol="imap", direction="C", time=1.0, text=text))
        assert "paused, 3 waiting" in client.text
        assert "a2 NOOP" not in client.text
        await client.press("f8")
        assert "a2 NOOP" in client.text
        assert "paused, 2 waiting" in client.text
        await client.press("f7")
        assert "a4 LOGOUT" in client.text
        assert "hunter2" not in client.text


async def test_the_status_bar_tells_the_state_of_the_account(opened: Any) -> None:
    async with opened() as client:
        await client.hear(AccountState(account="work", state="error", text="password refused"))
        assert "work · error · password refused" in client.lines[-1]


async def test_a_command_can_be_typed_by_its_name(opened: Any) -> None:
    async with opened() as client:
        await client.press(":")
        await client.type("limit ~f shop")
        await client.press("enter")
        assert "2 of 8 messages" in client.lines[0]
        await client.press(":")
        await client.type("fly-away")
        await client.press("enter")
        assert "No command is called 'fly-away'" in client.lines[-1]


async def test_escape_leaves_a_question_and_the_keys_work_again(opened: Any) -> None:
    async with opened() as client:
        await client.press("l", "escape", "=", "j")
        assert "Plan" in client.selected


async def test_help_lists_the_keys_and_does_what_is_chosen(opened: Any) -> None:
    async with opened() as client:
        await client.press("?")
        assert client.screen_name == "HelpScreen"
        assert "Mark as deleted" in client.text or "Move to the next entry" in client.text
        await client.press("q")
        assert client.screen_name == "IndexScreen"


VIEWS = {
    "y": "FoldersScreen",
    "alt+o": "OutboxScreen",
    "alt+j": "OperationsScreen",
    "alt+m": "LogScreen",
    "v": "AttachmentsScreen",
}


async def test_every_view_opens_and_q_leaves_it(opened: Any) -> None:
    async with opened() as client:
        for key, name in VIEWS.items():
            await client.press(key)
            assert client.screen_name == name
            await client.press("q")
            assert client.screen_name == "IndexScreen"


async def test_a_view_is_not_opened_over_itself(opened: Any) -> None:
    async with opened() as client:
        await client.press("alt+o", "alt+o", "q")
        assert client.screen_name == "IndexScreen"


@pytest.mark.parametrize(("width", "height"), [(200, 30), (140, 44)])
async def test_a_wide_terminal_has_folders_and_a_preview(opened: Any, width: int, height: int) -> None:
    async with opened(width, height) as client:
        await client.press("j")
        await client.pilot.pause(0.2)
        await client.settle()
        assert any("Archive" in line for line in client.lines)
        assert "Subject: Lunch?" in client.text


async def test_a_click_selects_and_a_double_click_opens(opened: Any) -> None:
    async with opened() as client:
        await client.pilot.click("#work", offset=(40, 4))
        assert "Lunch?" in client.selected
        await client.pilot.click("#work", offset=(40, 4), times=2)
        await client.settle()
        assert client.screen_name == "PagerScreen"


async def test_another_theme_changes_the_colours_of_lines_drawn_before(opened: Any) -> None:
    async with opened() as client:
        work = client.app.screen.query_one("#work")
        dark = work.style_of("text").bgcolor
        await client.press("alt+s")
        await client.type("light")
        await client.press("enter")
        assert work.style_of("text").bgcolor != dark


async def test_a_large_folder_paints_its_last_listing_and_reads_it_anew(
    opened: Any, services: Services, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_cache, "LARGE", 1)
    services.listing_cache = listing_cache.ListingCache(tmp_path / "listings")
    async with opened() as client:
        await client.press("x")
    (kept,) = (tmp_path / "listings").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    store.remove_uids(inbox_id(store), [8])
    async with opened() as client:
        assert "7 messages" in client.lines[0]
        assert "gone" not in client.text


def test_a_broken_listing_file_is_no_listing(tmp_path: Path) -> None:
    cache = listing_cache.ListingCache(tmp_path)
    cache.save(1, Order(), array("q", range(9000)))
    assert cache.load(1, Order()) == array("q", range(9000))
    next(tmp_path.iterdir()).write_bytes(b"short")
    assert cache.load(1, Order()) is None
    assert cache.load(2, Order()) is None
    assert listing_cache.ListingCache().load(1, Order()) is None
