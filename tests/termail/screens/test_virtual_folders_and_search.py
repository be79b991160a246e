"""All inboxes in one, saved searches, and searching as one types."""

from typing import Any

import msgspec
import pytest

from termail.model.actions import Expunge, SetFlags
from termail.screens.services import Services
from termail.store.local_store import Arrived, LocalStore, RemoteFolder

HOME = b"From: Mum <mum@home.test>\r\nTo: a@home.test\r\nSubject: Dinner\r\n\r\nSoup, quasar.\r\n"


@pytest.fixture
def home(store: LocalStore, services: Services) -> int:
    """A second account with one message in its inbox."""
    (inbox,) = store.put_folders("home", [RemoteFolder(name="INBOX", role="inbox")])
    store.add_messages(
        inbox.folder_id,
        [Arrived(uid=1, flags=frozenset(), internal_date=1.0, size_octets=len(HOME), header=HOME, raw=HOME)],
    )
    accounts = services.settings.accounts
    services.settings = msgspec.structs.replace(
        services.settings, accounts={**accounts, "home": accounts["work"]}, searches={"Money": "~s Invoice"}
    )
    return inbox.folder_id


@pytest.mark.usefixtures("home")
async def test_all_inboxes_are_one_folder(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("c")
        await client.type("All inboxes")
        await client.press("enter")
        assert client.lines[0].startswith(" All inboxes · 9 messages") or "All inboxes · 9" in client.lines[0]
        assert "Dinner" in "\n".join(client.lines)


async def test_an_action_in_all_inboxes_goes_to_the_account_of_each_message(
    opened: Any, store: LocalStore, home: int
) -> None:
    async with opened() as client:
        await client.press("c")
        await client.type("All inboxes")
        await client.press("enter", "T")
        await client.type("~s 'Dinner|Lunch'")
        await client.press("enter", ";", "d")
        actions = {entry.account: entry.action for entry in store.operations()}
        assert set(actions) == {"work", "home"}
        assert all(isinstance(action, SetFlags) and len(action.message_ids) == 1 for action in actions.values())
        await client.press("$", "y")
    expunged = [(entry.account, entry.action) for entry in store.operations() if isinstance(entry.action, Expunge)]
    assert {account for account, _ in expunged} == {"work", "home"}
    assert store.folder(home).total == 0


@pytest.mark.usefixtures("home")
async def test_a_saved_search_is_a_folder(opened: Any) -> None:
    async with opened() as client:
        await client.press("y")
        assert any("Money" in line for line in client.lines)
        await client.press("q", "c")
        await client.type("Money")
        await client.press("enter")
        assert "Money · 2 messages" in client.lines[0]
        await client.press("l")
        await client.type("~s 8")
        await client.press("enter")
        assert "1 of 2" in client.lines[0]


@pytest.mark.usefixtures("home")
async def test_a_search_finds_while_it_is_typed_and_opens_at_the_hit(opened: Any) -> None:
    async with opened(width=130) as client:
        await client.press("alt+f")
        await client.type("quasar")
        await client.press("enter")
        assert "1 found" in client.lines[0]
        assert any("Soup, quasar" in line and "home/INBOX" in line for line in client.lines)
        await client.press("enter")
        assert "quasar · 1 message" in client.lines[0]
        await client.press("enter")
        assert any("Soup" in line for line in client.lines)


async def test_a_pattern_that_is_not_whole_yet_says_so_and_keeps_what_was_found(opened: Any) -> None:
    async with opened() as client:
        await client.press("alt+f")
        await client.type("Invoice")
        await client.press("enter")
        assert "2 found" in client.lines[0]
        await client.press("alt+f")
        await client.press("ctrl+u")
        await client.type("~d wrongday")
        await client.press("enter")
        assert "is no date" in client.lines[0]


async def test_a_hit_has_its_columns_apart_and_says_its_subject_once(opened: Any) -> None:
    async with opened(80, 24) as client:
        await client.press("alt+f")
        await client.type("Invoice")
        await client.press("enter")
        hits = [line for line in client.lines if "Invoice" in line and "Shop" in line]
        assert len(hits) == 2
        assert all("  Shop " in line and line.count("Invoice") == 1 for line in hits)


async def test_leaving_the_question_leaves_the_search(opened: Any) -> None:
    async with opened() as client:
        await client.press("alt+f", "escape")
        assert "work/INBOX" in client.lines[0]


async def test_what_is_typed_at_once_goes_into_the_question(opened: Any) -> None:
    async with opened() as client:
        await client.burst("alt+f", *"xInvoice", "enter")
        assert "Search · 0 found" in client.lines[0]
