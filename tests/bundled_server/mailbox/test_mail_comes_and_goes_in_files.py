"""Import and export, with the standard library's mailbox module as the stranger on the other side."""

import mailbox
import os
from pathlib import Path

import pytest

from bundled_server.mailbox.changes import AddMessage, CreateMailbox, PutUser
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.files.folder_names import from_folder, to_folder
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.store import NoSuchMailbox, Store, StoreError
from bundled_server.mailbox.transfer import MailFormat, export_mail, import_mail

FLAGS = frozenset({"\\Seen", "\\Answered", "\\Flagged", "$Work"})
LETTERS = {
    "INBOX": (b"From: bob@other.test\nSubject: one\n\nhello\nFrom here on\n>From there\n", FLAGS, 1_000_000_000.0),
    "Árbol/v1.0 & more": (b"Subject: two\n\n\n\nno text\n\n", frozenset({"\\Deleted", "\\Draft"}), 86_400.0),
}


@pytest.fixture
async def source() -> Store:
    store = MemoryStore()
    await store.open()
    await store.commit(PutUser("alice", ""), CreateMailbox("alice", "Árbol/v1.0 & more"))
    for name, (data, flags, date) in LETTERS.items():
        found = await store.mailbox("alice", name)
        assert found is not None
        await store.commit(AddMessage(found.mailbox_id, prepare(data), flags, date))
    return store


async def contents(store: Store, user: str) -> dict[str, list[tuple[bytes, frozenset[str], float]]]:
    found = {}
    for box in await store.mailboxes(user):
        index = await store.index(box.mailbox_id)
        bodies = [(await store.body(content_id)).replace(b"\r\n", b"\n") for content_id in index.content_ids]
        if bodies:
            found[box.name] = list(zip(bodies, index.flags, index.dates, strict=True))
    return found


@pytest.mark.parametrize("mail_format", list(MailFormat))
async def test_what_is_exported_comes_back_the_same(
    source: Store, tmp_path: Path, mail_format: MailFormat
) -> None:
    assert await export_mail(source, "alice", tmp_path / "out", mail_format) == 2
    await source.commit(PutUser("juan", ""))
    assert await import_mail(source, "juan", tmp_path / "out", mail_format) == 2
    assert await contents(source, "juan") == {name: [letter] for name, letter in LETTERS.items()}
    assert "Árbol/v1.0 & more" in await source.subscriptions("juan")


@pytest.mark.parametrize("mail_format", list(MailFormat))
async def test_one_mailbox_goes_to_the_path_itself(source: Store, tmp_path: Path, mail_format: MailFormat) -> None:
    name = "Árbol/v1.0 & more"
    assert await export_mail(source, "alice", tmp_path / "out", mail_format, name) == 1
    assert await import_mail(source, "alice", tmp_path / "out", mail_format, "Archive") == 1
    assert (await contents(source, "alice"))["Archive"] == [LETTERS[name]]


async def test_a_maildir_export_can_be_repeated(source: Store, tmp_path: Path) -> None:
    assert await export_mail(source, "alice", tmp_path, MailFormat.MAILDIR) == 2
    assert await export_mail(source, "alice", tmp_path, MailFormat.MAILDIR) == 0


async def test_an_mbox_is_never_overwritten(source: Store, tmp_path: Path) -> None:
    await export_mail(source, "alice", tmp_path / "one", MailFormat.MBOX, "INBOX")
    with pytest.raises(FileExistsError):
        await export_mail(source, "alice", tmp_path / "one", MailFormat.MBOX, "INBOX")


async def test_the_standard_library_reads_our_maildir(source: Store, tmp_path: Path) -> None:
    await export_mail(source, "alice", tmp_path / "out", MailFormat.MAILDIR)
    theirs = mailbox.Maildir(tmp_path / "out", create=False)
    (message,) = theirs
    assert (message["Subject"], message.get_flags()) == ("one", "FRSa")
    assert message.get_date() == 1_000_000_000.0
    assert "&AME-rbol.v1&AC4-0 &- more" in theirs.list_folders()


async def test_the_standard_library_reads_our_mbox(source: Store, tmp_path: Path) -> None:
    await export_mail(source, "alice", tmp_path / "out", MailFormat.MBOX, "INBOX")
    (message,) = mailbox.mbox(tmp_path / "out", create=False)
    assert (message["Subject"], message.get_flags()) == ("one", "ROAF")
    assert message.get_from() == "bob@other.test Sun Sep  9 01:46:40 2001"
    assert message.get_payload() == "hello\n>From here on\n>>From there\n"


async def test_we_read_the_standard_librarys_maildir(source: Store, tmp_path: Path) -> None:
    theirs = mailbox.Maildir(tmp_path / "in")
    message = mailbox.MaildirMessage(b"Subject: theirs\n\nhello\n")
    message.set_subdir("cur")
    message.set_flags("SF")
    message.set_date(1_234_567_890)
    theirs.add(message)
    theirs.add(b"Subject: unread\n\n")
    theirs.add_folder("Lists.python").add(b"Subject: list\n\n")
    (tmp_path / "in" / "cur" / "link").symlink_to("/etc/hostname")
    await source.commit(PutUser("juan", ""))
    assert await import_mail(source, "juan", tmp_path / "in", MailFormat.MAILDIR) == 3
    found = await contents(source, "juan")
    assert found["INBOX"][0] == (b"Subject: theirs\n\nhello\n", {"\\Seen", "\\Flagged"}, 1_234_567_890.0)
    assert found["INBOX"][1][1] == frozenset()
    assert [letter[0] for letter in found["Lists/python"]] == [b"Subject: list\n\n"]


async def test_we_read_an_mbox_that_others_made(source: Store, tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(
        b"\nFrom bob@other.test Thu Aug 11 20:20:56 2005\nSubject: one\nStatus: RO\n\ntext\nFrom the middle\n\n"
        b"From - Thu Aug 11 20:20:57 2005 -0300\r\nSubject: two\r\nX-Status: AF\r\nX-Keywords: a b\r\n\r\ntext\r\n"
        b"\nFrom nobody\nno header at all"
    )
    await source.commit(PutUser("juan", ""))
    assert await import_mail(source, "juan", path, MailFormat.MBOX, "old") == 3
    found = (await contents(source, "juan"))["old"]
    assert found == [
        (b"Subject: one\n\ntext\nFrom the middle\n", {"\\Seen"}, 1_123_791_656.0),
        (b"Subject: two\n\ntext\n", {"\\Answered", "\\Flagged", "a", "b"}, 1_123_802_457.0),
        (b"no header at all\n\n", frozenset(), 0.0),
    ]


async def test_who_or_what_does_not_exist_is_said(source: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no user nobody"):
        await import_mail(source, "nobody", tmp_path, MailFormat.MAILDIR)
    with pytest.raises(StoreError, match="no user nobody"):
        await export_mail(source, "nobody", tmp_path, MailFormat.MAILDIR)
    with pytest.raises(NoSuchMailbox):
        await export_mail(source, "alice", tmp_path, MailFormat.MAILDIR, "missing")
    with pytest.raises(OSError):
        await import_mail(source, "alice", tmp_path / "missing", MailFormat.MAILDIR)
    with pytest.raises(OSError):
        await import_mail(source, "alice", tmp_path / "missing", MailFormat.MBOX)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Sent", "Sent"),
        ("a/b", "a.b"),
        ("../../etc/passwd", "&AC4ALg-.&AC4ALg-.etc.passwd"),
        ("Ñandú & co", "&ANE-and&APo- &- co"),
        ("日本語", "&ZeVnLIqe-"),
        ("nul\0", "nul&AAA-"),
    ],
)
def test_names_of_folders(name: str, folder: str) -> None:
    assert to_folder(name) == folder
    assert os.sep not in folder
    assert from_folder(folder) == name


@pytest.mark.parametrize("folder", ["&", "&-&", "&ZZ", "&@@-", "a&AC4"])
def test_folders_that_are_not_modified_utf_7_have_a_name_too(folder: str) -> None:
    assert from_folder(folder)
