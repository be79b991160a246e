"""termail-server backup and check: a copy while mail arrives, and every fault found that was made."""

import json
import sqlite3
import threading
from contextlib import closing
from imaplib import IMAP4
from pathlib import Path
from smtplib import SMTP

import pytest

LETTER = b"From: a@x.test\r\nSubject: hello\r\n\r\nGood day\r\n"


def append(port: int, count: int, text: bytes = b"") -> None:
    with IMAP4("127.0.0.1", port) as client:
        client.login("alice", "123456")
        for number in range(count):
            assert client.append("INBOX", "", "", LETTER + text + b"%d\r\n" % number)[0] == "OK"


def messages(port: int) -> int:
    with IMAP4("127.0.0.1", port) as client:
        client.login("alice", "123456")
        return int(client.select("INBOX", readonly=True)[1][0])


def test_a_backup_taken_while_mail_arrives_is_a_host(running, run_host, termail_server, tmp_path: Path):
    append(running.ports["imap"], 5)
    writer = threading.Thread(target=append, args=(running.ports["imap"], 40, b"more\r\n"))
    writer.start()
    target = tmp_path / "copies" / "monday"
    done = termail_server("backup", "--data", running.data, target, "--json")
    writer.join()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["octets"] > 0
    assert target.stat().st_mode & 0o777 == 0o700
    names = {path.name for path in target.rglob("*")}
    assert {"host.sqlite", "domains.json", "tls"} <= names
    assert names.isdisjoint({"lock", "admin.json", "host.sqlite-wal"})
    report = json.loads(termail_server("check", "--data", target, "--json").stdout)
    assert report["healthy"] and 5 <= report["counts"]["messages"] <= 45
    running.process.terminate()
    running.process.wait(60)
    target.rename(running.data.with_name("old"))
    running.data.rename(tmp_path / "away")
    (tmp_path / "old").rename(running.data)
    assert messages(run_host().ports["imap"]) == report["counts"]["messages"]


def test_a_backup_overwrites_nothing(running, termail_server, tmp_path: Path):
    done = termail_server("backup", "--data", running.data, tmp_path)
    assert (done.returncode, "name a new folder" in done.stderr) == (1, True)
    missing = termail_server("backup", "--data", tmp_path / "nobody", tmp_path / "copy")
    assert (missing.returncode, "there is no host" in missing.stderr) == (1, True)


def test_a_backup_does_not_go_into_what_it_copies(running, termail_server):
    done = termail_server("backup", "--data", running.data, running.data / "monday")
    assert (done.returncode, "name one outside" in done.stderr) == (1, True)
    assert not list(running.data.glob("monday*"))


def test_the_archive_of_a_list_is_no_fault(running, termail_server):
    made = termail_server("list", "create", "redes", "--owner", "alice@cities.org", "--data", running.data)
    assert made.returncode == 0, made.stderr
    with SMTP("127.0.0.1", running.ports["submission"]) as client:
        client.login("alice", "123456")
        client.sendmail("alice@cities.org", ["redes@cities.org"], b"From: alice@cities.org\r\n\r\nhi\r\n")
    running.process.terminate()
    running.process.wait(20)
    found = termail_server("check", "--data", running.data)
    assert (found.returncode, found.stdout.startswith("all is well: ")) == (0, True), found.stdout


DAMAGES = [
    ("UPDATE bodies SET text = CAST(text || 'x' AS BLOB) WHERE content_id = 1", "the digest differs"),
    ("UPDATE contents SET size_octets = 7 WHERE content_id = 1", "another size"),
    ("DELETE FROM bodies WHERE content_id = 1", "content 1 has no body"),
    ("DELETE FROM contents WHERE content_id = 1", "has no content"),
    ("UPDATE mailboxes SET uid_next = 1", "would give uid 2 again"),
    ("UPDATE mailboxes SET highest_modseq = 1", "above its highest"),
    ("UPDATE counters SET value = 1 WHERE name = 'content_id'", "the counter content_id would give 2 again"),
    ("DELETE FROM messages WHERE uid = 1", "content 1 is nobody's"),
    ("INSERT INTO expunged VALUES ((SELECT mailbox_id FROM messages), 1, 1)", "is there and expunged"),
    ("DELETE FROM users", "who does not exist"),
    ("DELETE FROM mailboxes", "which does not exist"),
    ("PRAGMA user_version = 99", "version 99"),
]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> bytes:
    """The database of a host with two letters."""
    import asyncio

    from bundled_server.mailbox.changes import AddMessage, PutUser
    from bundled_server.mailbox.content import prepare
    from bundled_server.mailbox.sqlite_store import SqliteStore

    path = tmp_path_factory.mktemp("check") / "host.sqlite"

    async def fill() -> None:
        store = SqliteStore(path)
        await store.open()
        await store.commit(PutUser("alice", "x"))
        inbox = await store.mailbox("alice", "INBOX")
        for text in (b"one", b"two"):
            await store.commit(AddMessage(inbox.mailbox_id, prepare(LETTER + text), frozenset(), 1.0))
        await store.catch_up()
        await store.close()

    asyncio.run(fill())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


@pytest.mark.parametrize(("damage", "words"), DAMAGES, ids=[words for _, words in DAMAGES])
def test_a_fault_is_found(healthy, damage, words, tmp_path: Path):
    from bundled_server.mailbox.sqlite.checking import check_database

    path = tmp_path / "host.sqlite"
    path.write_bytes(healthy)
    assert check_database(path).faults == ()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(damage)
    assert any(words in fault for fault in check_database(path).faults)


def test_a_damaged_file_is_a_fault_in_words(healthy, termail_server, tmp_path: Path):
    path = tmp_path / "host.sqlite"
    path.write_bytes(healthy[:8192] + b"\xff" * 4096 + healthy[12288:])
    done = termail_server("check", "--data", tmp_path)
    assert done.returncode == 1 and ("damaged" in done.stdout or "SQLite:" in done.stdout)
    path.write_bytes(b"not a database at all" * 100)
    assert "cannot be read" in termail_server("check", "--data", tmp_path).stdout


def test_all_is_well_in_words(healthy, termail_server, tmp_path: Path):
    (tmp_path / "host.sqlite").write_bytes(healthy)
    done = termail_server("check", "--data", tmp_path)
    assert done.returncode == 0
    assert "all is well: 1 users" in done.stdout and "2 messages" in done.stdout
