"""Keys typed before the screen could follow: none is lost, none acts where it was not meant."""

from typing import Any

from termail.store.local_store import LocalStore


async def test_a_search_and_two_enters_open_the_message_found(opened: Any) -> None:
    async with opened() as client:
        await client.burst("=", "/", *"Lunch", "enter", "enter")
        assert client.screen_name == "PagerScreen"
        assert "Lunch?" in client.lines[0]


async def test_enter_d_deletes_the_message_just_opened(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.burst("5", "enter", "enter", "d", "i")
        assert client.screen_name == "IndexScreen"
        lunch = next(line for line in client.lines if "Lunch?" in line)
        assert " 5  D" in lunch
        assert sum(line[6:7] == "D" for line in client.lines[1:9]) == 1


async def test_a_whole_letter_in_one_burst(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.burst("m", *"bob@other.test", "enter", *"Subject", "enter", *"Hi yq", "escape", "y")
        assert client.screen_name == "IndexScreen"
    (item,) = store.outbox()
    assert item.recipients == ("bob@other.test",)
    assert item.subject == "Subject"
    assert b"Hi yq" in store.outbox_raw(item.outbox_id)


async def test_a_folder_is_open_before_the_key_behind_it_acts(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.burst("=", "s", "ctrl+u", *"Archive", "enter", "c", "ctrl+u", *"Archive", "enter", "F")
        assert "work/Archive · 1 message" in client.lines[0]
        assert "!" in client.lines[1][:10]


async def test_a_command_of_the_folder_typed_in_the_pager_works_in_the_index(opened: Any) -> None:
    async with opened() as client:
        await client.burst("enter", "c", "ctrl+u", *"Sent", "enter")
        assert client.screen_name == "IndexScreen"
        assert "work/Sent" in client.lines[0]


async def test_keys_reach_the_screen_that_a_key_before_them_opened_and_closed(opened: Any) -> None:
    async with opened() as client:
        await client.burst("=", "?", "q", "j", "y", "q", "j", "enter", "q", "k")
        assert client.screen_name == "IndexScreen"
        assert "Plan" in client.selected


async def test_ctrl_g_stops_what_takes_too_long_and_forgets_what_was_typed_behind_it(
    opened: Any, services: Any
) -> None:
    import asyncio

    async with opened() as client:
        never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        screen = client.app.screen
        screen.begin(_wait(never))
        client.post("d")
        client.post("ctrl+g")
        await client.settle()
        assert "Interrupted" in client.lines[-1]
        await client.press("=")
        assert not any(line[6:7] == "D" for line in client.lines[1:9])


async def _wait(future: Any) -> None:
    await future


async def test_pasted_text_is_never_a_row_of_commands(opened: Any) -> None:
    async with opened() as client:
        await client.type("dddq")
        assert client.screen_name == "IndexScreen"
        assert not any(line[6:7] == "D" for line in client.lines[1:9])
