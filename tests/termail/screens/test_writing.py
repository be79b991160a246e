"""Writing mail: compose, reply, attach, send, take back, postpone."""

from pathlib import Path
from typing import Any

import msgspec
from textual import events

from termail.agent.messages import OperationsWaiting
from termail.mime.message import parse_message
from termail.model.outbox import OutboxState
from termail.screens.services import Services
from termail.store.local_store import LocalStore


async def write(client: Any, to: str, subject: str, body: str) -> None:
    await client.press("m")
    await client.type(to)
    await client.press("enter")
    await client.type(subject)
    await client.press("enter")
    assert client.screen_name == "EditorScreen"
    await client.type(body)
    await client.press("escape")
    assert client.screen_name == "ComposeScreen"


async def test_a_new_message_is_written_and_queued(opened: Any, store: LocalStore, services: Services) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "see you")
        assert "  To  bob@other.test" in client.text
        assert "see you" in client.text
        await client.press("y")
        assert client.screen_name == "IndexScreen"
        assert "Mail queued" in client.lines[-1]
        assert "1 in outbox" in client.lines[0]
    (item,) = store.outbox()
    assert item.recipients == ("bob@other.test",)
    assert store.drafts() == []
    assert services.agent.sent[-1] == OperationsWaiting()  # type: ignore[attr-defined]


async def test_mail_that_did_not_go_is_told_from_mail_that_waits(opened: Any, store: LocalStore) -> None:
    for subject in (b"one", b"two"):
        raw = b"Subject: " + subject + b"\r\n\r\nx\r\n"
        store.queue_message("work", "alice@cities.org", ["nobody@cities.org"], raw)
    failed, _ = store.outbox()
    store.put_outbox_state(failed.outbox_id, OutboxState.FAILED, reason="550 User unknown")
    async with opened() as client:
        assert "✉ 1 in outbox  ✗ 1 not sent (M-o)" in client.lines[0]


async def test_why_mail_waits_is_seen_in_80_columns_and_in_full_on_enter(opened: Any, store: LocalStore) -> None:
    raw = b"Subject: The minutes of the meeting, once more\r\n\r\nx\r\n"
    store.queue_message("work", "alice@cities.org", ["bob@other.test", "carol@other.test"], raw)
    reason = "the server at mx.other.test: nobody answers there"
    store.put_outbox_state(store.outbox()[0].outbox_id, OutboxState.DEFERRED, reason=reason)
    async with opened(80, 24) as client:
        await client.press("alt+o")
        (line,) = (line for line in client.lines if "deferred" in line)
        assert "The minutes" in line
        assert "the server at mx" in line
        await client.press("enter")
        assert reason in client.text
    async with opened(160, 24) as client:
        await client.press("alt+o")
        (line,) = (line for line in client.lines if "deferred" in line)
        assert reason in line


async def test_an_empty_subject_and_a_forgotten_attachment_are_asked_about(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "", "it is attached")
        await client.press("y")
        assert "No subject" in client.lines[-1]
        await client.press("y")
        assert "speaks of an attachment" in client.lines[-1]
        await client.press("n")
        assert store.outbox() == []
        assert client.screen_name == "ComposeScreen"


async def test_a_reply_quotes_threads_and_marks_answered(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "r", "escape")
        assert "Root <root@other.test>" in client.text
        assert "> Hello." in client.text
        await client.press("y")
        assert " 1 r" in client.lines[1]
    raw = store.outbox_raw(store.outbox()[0].outbox_id)
    assert b"In-Reply-To: <m1@other.test>" in raw


async def test_headers_are_edited_by_their_letters(opened: Any) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "text")
        await client.press("c")
        await client.type("carol@other.test")
        await client.press("enter")
        assert "  Cc  carol@other.test" in client.text
        await client.press("s", "ctrl+u")
        await client.type("Better")
        await client.press("enter")
        assert "Subject  Better" in client.text


async def test_a_file_is_attached_and_detached(opened: Any, tmp_path: Path, store: LocalStore) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 ...")
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "text")
        await client.press("a")
        await client.type(f"{tmp_path}/rep")
        await client.press("tab", "enter")
        assert "report.pdf   application/pdf   12" in client.text
        await client.press("D")
        assert "report.pdf" not in client.text
        await client.press("a", "up", "enter", "y")
    root = parse_message(store.outbox_raw(store.outbox()[0].outbox_id))
    assert [part.filename for part in root.walk() if part.filename] == ["report.pdf"]


async def test_a_wrong_address_is_one_clear_line_and_nothing_is_lost(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, "not an address", "Hi", "text")
        await client.press("y")
        assert client.screen_name == "ComposeScreen"
        assert store.outbox() == []
        assert len(store.drafts()) == 1


async def test_postponed_mail_is_taken_up_again(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "Later", "half a text")
        await client.press("P")
        assert "postponed" in client.lines[-1]
        await client.press("R")
        assert client.screen_name == "ComposeScreen"
        assert "half a text" in client.text
        await client.press("y")
    assert store.drafts() == []
    assert len(store.outbox()) == 1


async def test_q_asks_and_no_throws_the_draft_away(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "text")
        await client.press("q")
        assert "Postpone this message?" in client.lines[-1]
        await client.press("n")
        assert client.screen_name == "IndexScreen"
    assert store.drafts() == []


async def test_x_takes_back_the_mail_just_sent(opened: Any, store: LocalStore, services: Services) -> None:
    services.settings = msgspec.structs.replace(
        services.settings, ui=msgspec.structs.replace(services.settings.ui, undo_send_seconds=5.0)
    )
    async with opened() as client:
        await write(client, "bob@other.test", "Oops", "too soon")
        await client.press("y")
        assert "Sends in 5 s" in client.lines[-1]
        await client.press("X")
        assert client.screen_name == "ComposeScreen"
        assert "too soon" in client.text
        await client.press("q")
        assert "Postpone this message?" in client.lines[-1]
        await client.press("y")
    assert store.outbox() == []
    assert len(store.drafts()) == 1


async def test_a_message_is_forwarded_and_bounced(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("=", "b")
        await client.type("juan@cities.org")
        await client.press("enter", "y")
        assert "bounced" in client.lines[-1]
        await client.press("f")
        await client.type("juan@cities.org")
        await client.press("enter", "escape", "y")
    bounced, forwarded = (store.outbox_raw(item.outbox_id) for item in store.outbox())
    assert b"Resent-To: juan@cities.org" in bounced
    assert b"Welcome" in forwarded


async def test_everything_typed_ahead_reaches_the_question_it_was_meant_for(opened: Any) -> None:
    async with opened() as client:
        for character in "mbob@x.test\rHi\r":
            key = {"\r": "enter", "@": "at", ".": "full_stop"}.get(character, character)
            client.app.post_message(events.Key(key, character))
        for _ in range(6):
            await client.settle()
        assert client.screen_name == "EditorScreen"
        await client.press("escape")
        assert "  To  bob@x.test" in client.text
        assert "Subject  Hi" in client.text
