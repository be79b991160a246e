"""Keys that change threads and subscriptions."""

from typing import Any

from termail.model.actions import Subscribe
from termail.store.local_store import LocalStore


def subjects(client: Any) -> str:
    return "\n".join(client.lines[1:12])


async def test_a_thread_is_broken_and_linked_again(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("3", "enter")
        assert "└─>Re: Plan" in subjects(client) or "└─>" in subjects(client)
        await client.press("#")
        assert "Thread broken." in client.lines[-1]
        broken = client.app.screen.view
        assert broken.thread_ids(client.app.screen.line)[0] == broken.id_at(client.app.screen.line)
        await client.press("t")
        head = next(line for line in range(len(broken)) if broken.row_at(line).subject == "Plan")
        client.app.screen.go_to(head)
        await client.press("&")
        assert "Threads linked." in client.lines[-1]
        assert len(client.app.screen.view.thread_ids(client.app.screen.line)) == 3


async def test_linking_without_tags_says_what_to_do(opened: Any) -> None:
    async with opened() as client:
        await client.press("&")
        assert "First tag" in client.lines[-1]


async def test_one_key_goes_from_threads_to_conversations_to_dates(opened: Any) -> None:
    async with opened() as client:
        shown = []
        for _ in range(3):
            await client.press("alt+T")
            shown.append(client.lines[-1])
        assert ["conversations" in shown[0], "by date" in shown[1], "Threads" in shown[2]] == [True] * 3


async def test_folders_are_subscribed_to_and_hidden(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("y", "j", "u")
        assert "Unsubscribed from" in client.lines[-1]
        assert isinstance(store.operations()[-1].action, Subscribe)
        await client.press("T")
        assert "2 subscribed" in client.lines[0]
        await client.press("T")
        assert "3" in client.lines[0]
