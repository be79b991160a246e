"""Against a real host: a large attachment stays there until it is asked for; reports find their message."""

import base64
import imaplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from termail.agent.messages import (
    SHOWN,
    BodyArrived,
    OpenFolder,
    OperationsWaiting,
    SyncNow,
    WantBody,
    WatchWire,
    WireLine,
)
from termail.mime.display import display
from termail.mime.message import parse_message
from termail.mime.skeleton import missing_part
from termail.model.outbox import OutboxState
from tests.termail.agent.test_agent_with_a_real_host import seated

BIG = bytes(range(256)) * 12_000  # 3 MB


def large_letter() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@other.test", "eva@cities.org", "the film"
    message["Message-ID"] = "<film@other.test>"
    message.set_content("Here is the film, and a note.\n")
    message.add_attachment(BIG, maintype="video", subtype="mp4", filename="film ñ.mp4")
    message.add_attachment("a note\n", filename="note.txt")
    return message.as_bytes().replace(b"\n", b"\r\n")


def append(host, user: str, raw: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", host.ports["imap"]) as client:
        client.login(user, "123456")
        assert client.append("INBOX", "", None, raw)[0] == "OK"


async def test_a_large_attachment_costs_nothing_until_it_is_asked_for(host, settings_for, tmp_path: Path) -> None:
    letter = large_letter()
    append(host, "kim", letter)
    async with seated(settings_for("kim"), tmp_path / "data") as seat:
        await seat.until(lambda: seat.inbox("kim"))
        (row,) = seat.inbox("kim")
        await seat.client.send(OpenFolder(folder_id=row.folder_id))
        await seat.client.send(WatchWire())
        await seat.client.send(WantBody(message_id=row.message_id, section=SHOWN))
        await seat.until(lambda: seat.heard(BodyArrived))
        assert seat.heard(BodyArrived)[-1] == BodyArrived(message_id=row.message_id, section=SHOWN)
        assert seat.store.raw(row.message_id) is None
        skeleton = seat.store.skeleton(row.message_id)
        assert skeleton is not None and len(skeleton) < 5_000
        text = [line.text for line in display(skeleton, width=100).lines]
        assert "Here is the film, and a note." in text
        assert "[1] film ñ.mp4 · video/mp4 · 2.9M · not fetched yet (v)" in text
        assert [row.message_id for row in seat.store.rows(seat.store.search("note"))] == [row.message_id]
        (missing,) = [found for part in parse_message(skeleton).walk() if (found := missing_part(part))]
        await seat.client.send(WantBody(message_id=row.message_id, section=missing.section))
        await seat.until(lambda: len(seat.heard(BodyArrived)) == 2)
        octets = seat.store.part(row.message_id, missing.section)
        assert octets is not None and base64.b64decode(octets) == BIG
        told = [line.text for line in seat.heard(WireLine) if " FETCH " in line.text and line.direction == "C"]
        assert not any("BODY.PEEK[]" in text for text in told), told
        await seat.client.send(WantBody(message_id=row.message_id))
        await seat.until(lambda: len(seat.heard(BodyArrived)) == 3)
        assert seat.store.raw(row.message_id) == letter
        assert seat.store.skeleton(row.message_id) is None  # the whole is here


async def test_a_report_that_was_asked_for_finds_the_message_it_is_about(
    host, settings_for, tmp_path: Path
) -> None:
    async with seated(settings_for("leo"), tmp_path / "data") as seat:
        await seat.until(lambda: seat.store.folder_with_role("leo", "inbox"))
        raw = b"From: leo@cities.org\r\nTo: ana@cities.org\r\nMessage-ID: <dsn.1@cities.org>\r\n\r\nx\r\n"
        seat.store.queue_message("leo", "leo@cities.org", ["ana@cities.org"], raw, wants_report=True)
        await seat.client.send(OperationsWaiting())
        await seat.until(lambda: seat.store.outbox()[0].state is OutboxState.SENT)
        commands = [line for line in seat.store.outbox()[0].transcript if line.startswith("C:")]
        assert any("ENVID=dsn.1@cities.org" in line for line in commands), commands
        assert any("NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;ana@cities.org" in line for line in commands)

        def is_told() -> bool:
            return bool(seat.store.outbox()[0].reports)

        await seat.client.send(SyncNow())
        await seat.until(is_told)
        assert seat.store.outbox()[0].reports == ("The message to ana@cities.org was delivered.",)
        report = next(row for row in seat.inbox("leo") if "report" in row.subject.lower() or row.has_body)
        assert seat.store.raw(report.message_id)


@pytest.mark.parametrize("section", ["0] BODY[", "1 UID", "", "TEXT"])
async def test_only_a_section_is_asked_for(section: str) -> None:
    from termail.mra.sync.bodies import _SECTION

    assert _SECTION.fullmatch(section) is None
