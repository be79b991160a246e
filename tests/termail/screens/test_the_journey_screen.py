"""The journey on the screen: moments, timeline, export; of mail from outside and of mail in the outbox."""

from pathlib import Path
from typing import Any

from termail.store.local_store import Arrived, LocalStore

TRAVELLED = (
    b"Return-Path: <bob@other.test>\r\n"
    b"Received: from server.other.test by mail.cities.org with ESMTPS id Q2; Mon, 23 Nov 2026 10:16:09 +0000\r\n"
    b"Received: from laptop by server.other.test with ESMTPSA id Q1; Mon, 23 Nov 2026 10:14:07 +0000\r\n"
    b"From: Bob <bob@other.test>\r\nSubject: travelled\r\nMessage-ID: <t@other.test>\r\n\r\nHello.\r\n"
)


def put(store: LocalStore, raw: bytes) -> None:
    inbox = store.folder_with_role("work", "inbox")
    assert inbox is not None
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    message = Arrived(uid=99, flags=frozenset(), internal_date=1.8e9, size_octets=len(raw), header=header, raw=raw)
    store.add_messages(inbox.folder_id, [message])


async def test_the_way_of_a_message_from_outside_moment_by_moment(
    opened: Any, store: LocalStore, tmp_path: Path
) -> None:
    put(store, TRAVELLED)
    async with opened(80, 24) as client:
        await client.press("/")
        await client.type("travelled")
        await client.press("enter", "alt+J")
        assert client.screen_name == "JourneyScreen"
        assert "Journey · 1 of 5 · delivered" in client.lines[0]
        assert "┏━━━━━┓" in client.text
        await client.press("right")
        assert "laptop → server.other.test" in client.text
        assert "signed in" in client.text
        await client.press("right")
        assert "it lay here or on the way for 122 s" in client.text
        await client.press("t")
        assert "━━━━━" in client.text.split("[browser]")[1]
        await client.press("e")
        for _ in range(len("journey.svg")):
            await client.press("backspace")
        await client.type(str(tmp_path / "way.svg"))
        await client.press("enter")
        assert "Saved to" in client.lines[-1]
    assert (tmp_path / "way.svg").read_text().startswith("<svg")


async def test_the_envelope_stands_beside_the_header_and_the_body_where_there_is_room(
    opened: Any, store: LocalStore
) -> None:
    put(store, TRAVELLED)
    store.queue_message("work", "alice@cities.org", ["bob@other.test"], TRAVELLED.replace(b"t@other", b"u@other"))
    async with opened(120, 30) as client:
        await client.press("alt+o", "J", "left")
        assert "of 3" in client.lines[0]
        line = next(line for line in client.lines if "MAIL FROM:<alice@cities.org>" in line)
        assert line.index("MAIL FROM") < line.index("From: Bob")


async def test_a_message_that_never_travelled_says_so(opened: Any) -> None:
    async with opened() as client:
        await client.press("enter", "J")
        assert "it carries no Received field" in client.text
