"""The keys of compose beyond the letter: protection, Markdown, encodings, templates, reports, drafts."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from termail.agent.messages import FoldersChanged
from termail.app import TermailApp
from termail.config import Identity, Pgp
from termail.mime.crypto.gpg import Gpg
from termail.mime.crypto.opening import open_message
from termail.mime.crypto.sealing import PgpSealer
from termail.mime.draft import Draft, Protection, build
from termail.mime.message import parse_message
from termail.model.outbox import OutboxState
from termail.screens.draft_store import decode_draft
from termail.screens.new_letter import NewLetter
from termail.screens.services import Services
from termail.store.local_store import Arrived, LocalStore, RemoteFolder


async def write(client: Any, to: str, subject: str, body: str) -> None:
    await client.press("m")
    await client.type(to)
    await client.press("enter")
    await client.type(subject)
    await client.press("enter")
    await client.type(body)
    await client.press("escape")
    assert client.screen_name == "ComposeScreen"


def sent(store: LocalStore) -> bytes:
    return store.outbox_raw(store.outbox()[-1].outbox_id)


async def test_markdown_a_report_and_a_time_are_said_in_the_title_and_done(opened: Any, store: LocalStore) -> None:
    async with opened(width=120) as client:
        await write(client, "bob@other.test", "Plan", "**now**")
        await client.press("m", "N", "Y")
        await client.type("tomorrow 9:00")
        await client.press("enter")
        assert "Markdown, delivery report, on Tue 24 Nov at 09:00" in client.lines[0]
        await client.press("y")
        assert "Sends on Tue 24 Nov at 09:00" in client.lines[-1]
        await client.press("alt+o")
        assert "held until Tue 24 Nov 09:00" in client.text
        await client.press("r")
        assert "held until" not in client.text
    (item,) = store.outbox()
    assert item.wants_report and b"multipart/alternative" in sent(store)


async def test_an_attachment_is_encoded_and_shown_otherwise(
    opened: Any, store: LocalStore, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("ñ\n")
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "text")
        await client.press("ctrl+d")
        assert "There are no attachments." in client.lines[-1]
        await client.press("a")
        await client.type(f"{tmp_path}/notes.txt")
        await client.press("enter", "ctrl+d", "ctrl+e")
        await client.type("quoted-printable")
        await client.press("enter", "y")
    part = next(part for part in parse_message(sent(store)).walk() if part.filename)
    assert (part.encoding, part.disposition, part.decoded()) == ("quoted-printable", "inline", "ñ\r\n".encode())


async def test_a_template_fills_headers_and_text(opened: Any, services: Services, tmp_path: Path) -> None:
    services.templates_path = tmp_path / "templates"
    services.templates_path.mkdir()
    (services.templates_path / "report").write_text(
        "Subject: Weekly report\nCc: boss@cities.org\n\nDone:\nOpen:\n"
    )
    async with opened() as client:
        await write(client, "bob@other.test", "x", "-- me")
        await client.press("T", "enter")
        assert "Weekly report" in client.text and "boss@cities.org" in client.text
        assert client.text.index("Open:") < client.text.index("-- me")


async def test_who_writes_follows_from_who_was_written_to(
    opened: Any, services: Services, store: LocalStore
) -> None:
    services.settings = msgspec.structs.replace(
        services.settings,
        identities={
            "list": Identity(from_="Alice <lists@cities.org>", signature="Alice of the lists",
                             when_writing_to=("*@lists.test",)),
        },
    )  # fmt: skip
    async with opened() as client:
        await write(client, "dev@lists.test", "Hi", "text")
        assert "Alice <lists@cities.org>" in client.text and "Alice of the lists" in client.text
        await client.press("q", "n")
        await write(client, "bob@other.test", "Hi", "text")
        assert "Alice <alice@cities.org>" in client.text


async def test_a_drafts_folder_keeps_what_is_postponed_and_lets_it_go_when_sent(
    opened: Any, store: LocalStore
) -> None:
    names = [("INBOX", "inbox"), ("Archive", "archive"), ("Sent", "sent"), ("Drafts", "drafts")]
    store.put_folders("work", [RemoteFolder(name=name, role=role) for name, role in names])
    drafts = store.folder_with_role("work", "drafts")
    assert drafts is not None
    async with opened() as client:
        await write(client, "bob@other.test", "Later", "half a text")
        await client.press("P")
        assert "postponed in Drafts" in client.lines[-1]
        assert store.drafts() == [] and store.folder(drafts.folder_id).total == 1  # type: ignore[union-attr]
        await client.press("R")
        assert client.screen_name == "ComposeScreen" and "half a text" in client.text
        await client.press("y")
    assert store.folder(drafts.folder_id).total == 0  # type: ignore[union-attr]
    assert b"half a text" in sent(store) and b"X-Termail" not in sent(store)


async def test_many_recipients_are_asked_about(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, ", ".join(f"p{number}@other.test" for number in range(9)), "Hi", "text")
        await client.press("y")
        assert "This goes to 9 people" in client.lines[-1]
        await client.press("n")
        assert store.outbox() == []


@pytest.fixture
def with_keys(services: Services, gpg_home: Path) -> Services:
    services.settings = msgspec.structs.replace(services.settings, pgp=Pgp(home=str(gpg_home)))
    return services


async def test_a_message_is_signed_and_encrypted_by_a_menu(
    opened: Any, store: LocalStore, with_keys: Services, gpg: Gpg
) -> None:
    async with opened(width=120) as client:
        await write(client, "bob@cities.org", "Secret", "the plan")
        await client.press("alt+f")
        await client.press("ctrl+u")
        await client.type("Ana <ana@other.test>")
        await client.press("enter", "p", "b")
        assert "signed and encrypted" in client.lines[0]
        await client.press("y")
        assert "Mail queued" in client.lines[-1]
    raw = sent(store)
    assert b"the plan" not in raw and b"Secret" not in raw
    opening = open_message(raw, gpg)
    assert opening is not None and b"the plan" in opening.raw and opening.signature is not None


async def test_a_missing_key_is_named_and_nothing_is_sent_in_the_clear(
    opened: Any, store: LocalStore, with_keys: Services
) -> None:
    async with opened(width=120) as client:
        await write(client, "nobody@nowhere.test", "Secret", "the plan")
        await client.press("p", "e", "y")
        assert "no key for nobody@nowhere.test" in client.lines[-1]
        assert client.screen_name == "ComposeScreen"
    assert store.outbox() == []


async def test_a_doubtful_key_is_asked_about(opened: Any, store: LocalStore, with_keys: Services) -> None:
    async with opened(width=140) as client:
        await write(client, "mallory@evil.test", "Secret", "the plan")
        await client.press("p", "e", "y")
        assert "Nobody you trust certified the key of mallory@evil.test" in client.lines[-1]
        await client.press("n")
    assert store.outbox() == []


async def test_a_letter_of_the_command_line_waits_for_the_first_folder(services: Services, tmp_path: Path) -> None:
    empty = LocalStore(tmp_path / "empty.sqlite3")
    services.store = empty
    app = TermailApp(services, letter=NewLetter("bob@other.test", "from the shell"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert type(app.screen).__name__ == "WaitingScreen"
        empty.put_folders("work", [RemoteFolder(name="INBOX", role="inbox")])
        await app._take(FoldersChanged())
        await pilot.pause()
        names = [type(screen).__name__ for screen in app.screen_stack]
        assert names[1:3] == ["IndexScreen", "ComposeScreen"]
    empty.close()


async def test_what_is_being_typed_is_kept_and_left_as_it_was_by_control_g(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await client.press("m")
        await client.type("bob@other.test")
        await client.press("enter", "enter")
        assert client.screen_name == "EditorScreen"
        await client.type("half a sentence")
        client.app.screen.autosave()  # as its clock does
        ((draft_id, account, raw),) = store.drafts()
        assert "half a sentence" in decode_draft(raw, account).body
        await client.press("ctrl+g")
        ((same_id, _, raw),) = store.drafts()
        assert same_id == draft_id and "half a sentence" not in decode_draft(raw, account).body


async def test_the_copy_goes_where_fcc_says(opened: Any, store: LocalStore) -> None:
    async with opened() as client:
        await write(client, "bob@other.test", "Hi", "text")
        await client.press("f")
        await client.type("Nowhere")
        await client.press("enter", "y")
        assert "There is no folder 'Nowhere'" in client.lines[-1]
        await client.press("f", "ctrl+u")
        await client.type("Archive")
        await client.press("enter", "y")
    (item,) = store.outbox()
    store.put_outbox_state(item.outbox_id, OutboxState.SENT)
    archive, inbox = store.folder_named("work", "Archive"), store.folder_with_role("work", "sent")
    assert archive is not None and archive.total == 1 and inbox is not None and inbox.total == 0


async def test_an_encrypted_message_is_read_and_answered_encrypted(
    opened: Any, store: LocalStore, with_keys: Services, gpg: Gpg
) -> None:
    draft = Draft(
        account="w",
        from_="Ana <ana@other.test>",
        to="bob@cities.org",
        subject="the real subject",
        body="the plan\n",
        protection=Protection(signs=True, encrypts=True),
    )
    raw = build(draft, date=1795430400.0, sealer=PgpSealer(gpg)).raw
    inbox = store.folder_with_role("work", "inbox")
    assert inbox is not None
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    store.add_messages(
        inbox.folder_id,
        [Arrived(uid=90, flags=frozenset(), internal_date=1.0, size_octets=len(raw), header=header, raw=raw)],
    )
    async with opened(width=120) as client:
        await client.press("*", "enter")
        assert "✓ encrypted  ✓ signed by Ana <ana@other.test>, a key you trust" in client.lines[1]
        assert "the plan" in client.text and "Subject: the real subject" in client.text
        await client.press("r", "escape")
        assert "signed and encrypted" in client.lines[0] and "> the plan" in client.text
        assert "Re: the real subject" in client.text
