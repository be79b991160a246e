"""A Maildir opened in place with its flags written back; an mbox opened to be read."""

from pathlib import Path

import pytest

from termail.agent.once import sync_once
from termail.model.actions import AppendTo, Expunge, MoveTo, SetFlags
from termail.model.order import Order
from termail.store.local_store import LocalStore


@pytest.fixture
def config(tmp_path: Path):
    def write(retrieve: str) -> Path:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text(f'[accounts.here]\nfrom = "a@b.c"\nretrieve = "{retrieve}"\n')
        return folder

    return write


def maildir(path: Path) -> Path:
    for part in ("cur", "new", "tmp", ".Lists.python/cur", ".Lists.python/new", ".Lists.python/tmp"):
        (path / part).mkdir(parents=True)
    (path / "new" / "1.a.host").write_bytes(b"Subject: new\nMessage-ID: <1@x>\n\nhello\n")
    (path / "cur" / "2.b.host:2,FS").write_bytes(b"Subject: seen\nMessage-ID: <2@x>\n\nhello\n")
    (path / ".Lists.python" / "cur" / "3.c.host:2,").write_bytes(b"Subject: list\n\nhello\n")
    return path


def by_subject(store: LocalStore, folder_name: str) -> dict:
    folder = store.folder_named("here", folder_name)
    return {row.subject: row for row in store.rows(store.listing(folder.folder_id, Order()))}


def names(path: Path) -> list[str]:
    return sorted(entry.name for part in ("cur", "new") for entry in (path / part).iterdir())


async def test_a_maildir_is_read_and_written_in_place(config, tmp_path: Path) -> None:
    path = maildir(tmp_path / "Mail")
    settings, data = config(f"maildir:{path}"), tmp_path / "data"
    assert (await sync_once(settings, data)).is_good
    store = LocalStore(data / "mail.sqlite3")
    inbox = by_subject(store, "INBOX")
    assert (inbox["new"].is_read, inbox["seen"].is_read, inbox["seen"].is_flagged) == (False, True, True)
    assert b"hello" in (store.raw(inbox["new"].message_id) or b"")
    lists = store.folder_named("here", "Lists/python")
    assert lists.total == 1

    store.perform("here", SetFlags((inbox["new"].message_id,), add=("\\Seen", "\\Answered")))
    store.perform("here", MoveTo((inbox["seen"].message_id,), lists.folder_id))
    store.perform("here", AppendTo(lists.folder_id, b"Subject: ours\r\n\r\nx\r\n", ("\\Seen",), ""))
    assert (await sync_once(settings, data)).is_good
    assert names(path) == ["1.a.host:2,RS"]
    assert "2.b.host:2,FS" in names(path / ".Lists.python")
    assert set(by_subject(store, "Lists/python")) == {"list", "seen", "ours"}

    (path / "cur" / "1.a.host:2,RS").rename(path / "cur" / "1.a.host:2,")
    await sync_once(settings, data)
    assert not by_subject(store, "INBOX")["new"].is_read
    store.perform("here", SetFlags((inbox["new"].message_id,), add=("\\Deleted",)))
    store.perform("here", Expunge(store.folder_named("here", "INBOX").folder_id))
    await sync_once(settings, data)
    assert names(path) == []
    assert not store.pending_count()
    store.close()


async def test_an_mbox_is_read_and_never_written(config, tmp_path: Path) -> None:
    box = tmp_path / "box"
    text = (
        "From alice@cities.org Thu Aug 11 20:20:56 2005\nSubject: one\nStatus: RO\n\n"
        ">From here on\nFrom nowhere\n\n"
        "From bob@other.test Thu Aug 11 20:21:56 2005\nSubject: two\n\nbody\n"
    )
    box.write_text(text)
    settings, data = config(f"mbox:{box}"), tmp_path / "data"
    report = await sync_once(settings, data)
    assert (report.is_good, report.accounts[0].new_messages) == (True, 2)
    store = LocalStore(data / "mail.sqlite3")
    inbox = by_subject(store, "INBOX")
    assert inbox["one"].is_read
    assert store.raw(inbox["one"].message_id) == b"Subject: one\nStatus: RO\n\nFrom here on\nFrom nowhere\n"
    store.perform("here", SetFlags((inbox["two"].message_id,), add=("\\Seen", "\\Deleted")))
    store.perform("here", Expunge(store.folder_named("here", "INBOX").folder_id))
    await sync_once(settings, data)
    assert [entry.reason for entry in store.operations()] == ["an mbox is opened read-only"]
    assert set(by_subject(store, "INBOX")) == {"one", "two"}
    assert box.read_text() == text
    store.close()


async def test_a_place_that_is_not_there_is_said(config, tmp_path: Path) -> None:
    report = await sync_once(config(f"maildir:{tmp_path / 'none'}"), tmp_path / "data")
    assert report.accounts[0].error
