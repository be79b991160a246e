"""One key calls a message junk, and in the Junk folder takes that back: keyword and move, both journaled."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from termail.model.actions import MoveTo, SetFlags
from termail.store.local_store import LocalStore, RemoteFolder

JUNK_KEY = ("escape", "!")


def with_junk(store: LocalStore) -> None:
    listed = (("INBOX", "inbox"), ("Archive", "archive"), ("Sent", "sent"), ("Spam", "junk"))
    store.put_folders("work", [RemoteFolder(name=name, role=role) for name, role in listed])


def actions(store: LocalStore) -> list[Any]:
    """What waits to reach the server."""
    return [operation.action for operation in store.operations()]


async def test_junk_goes_to_the_junk_folder_with_its_keyword_and_back(
    opened: Callable[..., AbstractAsyncContextManager[Any]], store: LocalStore
) -> None:
    with_junk(store)
    async with opened() as client:
        await client.press("=", *JUNK_KEY)
        assert "The message went to Spam as junk." in client.text
        assert "work/INBOX · 7 messages" in client.lines[0]
        assert "Welcome" not in client.text
        flags, move = actions(store)
        assert (flags.add, flags.remove) == (("$Junk",), ("$NotJunk",))
        assert isinstance(move, MoveTo)
        await client.press("c", *"Spam", "enter")
        assert "work/Spam · 1 message" in client.lines[0]
        await client.press(*JUNK_KEY)
        assert "No junk: The message went to the inbox." in client.text
        await client.press("c", *"INBOX", "enter")
        assert "work/INBOX · 8 messages" in client.lines[0]
        assert "Welcome" in client.text
        assert any(isinstance(action, SetFlags) and action.add == ("$NotJunk",) for action in actions(store))


async def test_tagged_messages_go_together(
    opened: Callable[..., AbstractAsyncContextManager[Any]], store: LocalStore
) -> None:
    with_junk(store)
    async with opened() as client:
        await client.press("=", "t", "t", ";", *JUNK_KEY)
        assert "2 messages went to Spam as junk." in client.text
        assert "work/INBOX · 6 messages" in client.lines[0]


async def test_without_a_junk_folder_it_says_what_to_do(
    opened: Callable[..., AbstractAsyncContextManager[Any]],
) -> None:
    async with opened() as client:
        await client.press("=", *JUNK_KEY)
        assert "work has no folder Junk; C in the folder list (y) makes one." in client.text
        assert "8 messages" in client.lines[0]
