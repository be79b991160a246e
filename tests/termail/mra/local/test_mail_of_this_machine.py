"""A Maildir opened in place with its flags written back; an mbox opened to be read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from termail.agent.once import sync_once
from termail.model.actions import AppendTo, CreateFolder, Expunge, MoveTo, SetFlags
from termail.model.order import Order
from termail.model.outbox import OutboxState
from termail.mra.local.maildir_sync import FIRST_BATCH, START_OCTETS, TEXTS, MaildirSync, Step
from termail.mra.local.numbers import Numbers
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
    assert store.raw(inbox["new"].message_id) is None, "the file is where it is"
    assert set(store.search("hello")) == {row.message_id for row in inbox.values()} | set(
        store.listing(store.folder_named("here", "Lists/python").folder_id, Order())
    )
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


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Callable[[Path], MaildirSync]]:
    store = LocalStore(tmp_path / "data" / "mail.sqlite3")
    yield lambda path: MaildirSync("here", path, store, Numbers(tmp_path / "data", "here"))
    store.close()


def in_one_maildir(path: Path, count: int) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    for number in range(count):
        text = f"Subject: letter {number}\nMessage-ID: <{number}@x>\n\nbody{number}\n"
        (path / "cur" / f"{1_000_000_000 + number}.x.host:2,S").write_text(text)
    return path


def test_the_newest_screenful_comes_before_the_rest(reader, tmp_path: Path) -> None:
    maildir = reader(in_one_maildir(tmp_path / "Mail", FIRST_BATCH + 20))
    (inbox,) = maildir.folders()
    steps = maildir.sync(inbox)
    assert next(steps) == Step(changed=True, missing=20)
    rows = maildir._store.rows(maildir._store.listing(inbox.folder_id, Order()))
    assert {row.subject for row in rows} == {f"letter {number}" for number in range(20, FIRST_BATCH + 20)}
    assert list(steps) == [Step(changed=True, missing=0)]
    assert list(maildir.sync(inbox)) == [Step(changed=False, missing=0)]
    assert not any(row.has_body for row in rows)


def test_texts_come_later_the_newest_first_and_only_once(reader, tmp_path: Path) -> None:
    maildir = reader(in_one_maildir(tmp_path / "Mail", TEXTS + 1))
    store = maildir._store
    (inbox,) = maildir.folders()
    list(maildir.sync(inbox))
    assert maildir.bring_texts()
    assert (len(store.search(f"body{TEXTS}")), len(store.search("body0"))) == (1, 0)
    assert not maildir.bring_texts()
    (oldest,) = store.search("body0")
    assert len(store.without_text(inbox.folder_id)) == 0
    assert maildir.bring(oldest) == ""
    assert store.search("body0").tolist() == [oldest]
    assert (store.raw(oldest) or b"").endswith(b"body0\n")
    (inbox_path,) = (maildir._folders["INBOX"].path / "cur").glob("1000000000.*")
    inbox_path.unlink()
    list(maildir.sync(inbox))
    assert not store.search("body0")


def test_a_message_is_found_although_another_program_renamed_its_file(reader, tmp_path: Path) -> None:
    path = in_one_maildir(tmp_path / "Mail", 1)
    maildir = reader(path)
    (inbox,) = maildir.folders()
    list(maildir.sync(inbox))
    (path / "cur" / "1000000000.x.host:2,S").rename(path / "cur" / "1000000000.x.host:2,RS")
    (message_id,) = maildir._store.listing(inbox.folder_id, Order())
    assert maildir.bring(message_id) == ""
    (path / "cur" / "1000000000.x.host:2,RS").unlink()
    assert maildir.bring(message_id) == "the message is no longer there"


@pytest.mark.parametrize("octets", [START_OCTETS - 60, START_OCTETS, 3 * START_OCTETS])
def test_a_header_longer_than_the_first_read_is_whole(reader, tmp_path: Path, octets: int) -> None:
    path = in_one_maildir(tmp_path / "Mail", 0)
    long = "X-Long: " + "x" * octets
    (path / "new" / "strange-name").write_text(f"{long}\nSubject: at the end\n\nbody\n")
    maildir = reader(path)
    (inbox,) = maildir.folders()
    list(maildir.sync(inbox))
    (row,) = maildir._store.rows(maildir._store.listing(inbox.folder_id, Order()))
    assert (row.subject, row.is_read) == ("at the end", False)


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


async def test_a_copy_of_what_was_sent_makes_the_folder_it_goes_into(config, tmp_path: Path) -> None:
    path = maildir(tmp_path / "Mail")
    settings, data = config(f"maildir:{path}"), tmp_path / "data"
    assert (await sync_once(settings, data)).is_good
    store = LocalStore(data / "mail.sqlite3")
    raw = b"Subject: sent\r\nMessage-ID: <9@x>\r\n\r\nx\r\n"
    outbox_id = store.queue_message("here", "a@b.c", ["d@e.f"], raw)
    store.put_outbox_state(outbox_id, OutboxState.SENT)
    store.perform("here", CreateFolder("here", "a.b"))
    store.close()
    await sync_once(settings, data)
    store = LocalStore(data / "mail.sqlite3")
    assert len(names(path / ".Sent")) == 1 and "sent" in by_subject(store, "Sent")
    assert [entry.reason for entry in store.operations()] == ["'a.b' cannot be a folder of a Maildir"]
    store.close()
