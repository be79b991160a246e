"""What the store on disk promises beyond the contract: crashes, restarts, weather, other processes."""

import asyncio
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import AddMessage, DeleteMailbox, Enqueue, Expunge, PutUser, RemoveFromQueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.records import PutRecords, Record
from bundled_server.mailbox.sqlite.schema import VERSION_1
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Mailbox, StoreError, StoreUnavailable

KILLED_WHILE_COMMITTING = Path(__file__).with_name("committing_until_killed.py")
NONE: frozenset[str] = frozenset()


@asynccontextmanager
async def opened(path: Path, **options: float) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, **options)  # type: ignore[arg-type]
    await store.open()
    await store.commit(PutUser("alice", ""))
    try:
        yield store
    finally:
        await store.close()


async def the_inbox(store: SqliteStore) -> Mailbox:
    inbox = await store.mailbox("alice", "INBOX")
    assert inbox is not None
    return inbox


def letter(number: int, octets: int = 100) -> Content:
    return prepare(b"Subject: letter %d\r\n\r\n%b\r\n" % (number, b"x" * octets))


async def test_everything_answered_before_a_kill_is_there_exactly_once(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    answered: dict[int, str] = {}
    for _ in range(2):
        for uid, name in burst_until_killed(path, lines=300):
            assert uid not in answered
            answered[uid] = name
    async with opened(path) as store:
        inbox = await the_inbox(store)
        index = await store.index(inbox.mailbox_id)
        headers = [
            h for i in range(0, len(index.uids), 500) for h in await store.headers(index.content_ids[i : i + 500])
        ]
    found = {uid: header.split()[1].decode() for uid, header in zip(index.uids, headers, strict=True)}
    assert answered.items() <= found.items()
    assert len(set(found.values())) == len(found)
    assert inbox.uid_next == max(found) + 1


def burst_until_killed(path: Path, lines: int) -> Iterator[tuple[int, str]]:
    with subprocess.Popen([sys.executable, KILLED_WHILE_COMMITTING, path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(lines):
            uid, name = process.stdout.readline().decode().split()
            yield int(uid), name
        process.kill()
        for line in process.stdout.read().decode().splitlines(keepends=True):
            if line.endswith("\n"):
                uid, name = line.split()
                yield int(uid), name


async def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    path = tmp_path / "data" / "host.sqlite3"
    async with opened(path):
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    async with opened(path) as store:
        inbox = await the_inbox(store)
        await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0, "Q1/alice"))
        await store.commit(Expunge(inbox.mailbox_id, (1,)))
        before = await the_inbox(store)
    async with opened(path) as store:
        assert await the_inbox(store) == before
        (again,) = await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0, "Q1/alice"))
        (fresh,) = await store.commit(AddMessage(inbox.mailbox_id, letter(2), NONE, 1.0))
        assert (again.uid, fresh.uid, fresh.modseq) == (0, 2, before.highest_modseq + 1)


async def test_commits_that_wait_together_share_a_transaction(tmp_path: Path) -> None:
    async with opened(tmp_path / "host.sqlite3") as store:
        inbox = await the_inbox(store)
        calls: list[int] = []
        store.watch(inbox.mailbox_id, calls.append)
        changes = [AddMessage(inbox.mailbox_id, letter(n), NONE, 1.0) for n in range(200)]
        answers = await asyncio.gather(*(store.commit(change) for change in changes))
        assert [added.uid for (added,) in answers] == list(range(1, 201))
        assert len(calls) < 100


@contextmanager
def files_limited_to(octets: int) -> Iterator[None]:
    """As good as a full disk: writing beyond `octets` of a file fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_weather_and_passes(tmp_path: Path) -> None:
    async with opened(tmp_path / "host.sqlite3") as store:
        inbox = await the_inbox(store)
        await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0))
        with files_limited_to(2_000_000):
            large = [letter(n, 1_500_000) for n in (2, 3)]
            answers = await asyncio.gather(
                *(store.commit(AddMessage(inbox.mailbox_id, content, NONE, 1.0)) for content in large),
                return_exceptions=True,
            )
            assert any(isinstance(answer, StoreUnavailable) for answer in answers)
            assert all(isinstance(answer, tuple | StoreUnavailable) for answer in answers)
        kept = sum(isinstance(answer, tuple) for answer in answers)
        (added,) = await store.commit(AddMessage(inbox.mailbox_id, letter(4), NONE, 1.0))
        index = await store.index(inbox.mailbox_id)
        assert len(index.uids) == kept + 2
        assert index.uids[-1] == added.uid
        assert await store.body(index.content_ids[-1]) == letter(4).data


async def test_a_database_locked_by_another_process_is_weather_and_passes(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    async with opened(path, busy_seconds=0.05) as store:
        inbox = await the_inbox(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0))
        other.execute("ROLLBACK")
        other.close()
        (added,) = await store.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0))
        assert added.uid == 1


async def test_what_another_process_wrote_is_seen_and_told(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    async with opened(path) as ours, opened(path) as theirs:
        inbox = await the_inbox(ours)
        (mine,) = await ours.commit(AddMessage(inbox.mailbox_id, letter(1), NONE, 1.0))
        assert len((await ours.index(inbox.mailbox_id)).uids) == 1
        heard = asyncio.Event()
        ours.watch(inbox.mailbox_id, lambda _: heard.set())
        (other,) = await theirs.commit(AddMessage(inbox.mailbox_id, letter(2), NONE, 1.0))
        await asyncio.wait_for(heard.wait(), 10)
        assert list((await ours.index(inbox.mailbox_id)).uids) == [1, 2]
        (third,) = await ours.commit(AddMessage(inbox.mailbox_id, letter(3), NONE, 1.0))
        assert (mine.uid, other.uid, third.uid) == (1, 2, 3)


async def test_a_record_that_another_process_wrote_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    async with opened(path) as ours, opened(path) as theirs:
        inbox = await the_inbox(ours)
        await ours.commit(PutRecords("script", "alice", (Record("active", b"one"),)))
        assert (await ours.records("script", "alice", ("active",)))["active"].value == b"one"
        heard = asyncio.Event()
        ours.watch(inbox.mailbox_id, lambda _: heard.set())
        await theirs.commit(PutRecords("script", "alice", (Record("active", b"two"),)))
        await asyncio.wait_for(heard.wait(), 10)
        assert (await ours.records("script", "alice", ("active",)))["active"].value == b"two"


async def test_contents_without_references_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    async with opened(path, keep_orphans_seconds=-1.0) as store:
        inbox = await the_inbox(store)
        trash = await store.mailbox("alice", "Trash")
        assert trash is not None
        for number in (1, 2):
            await store.commit(AddMessage(inbox.mailbox_id, letter(number), NONE, 1.0))
        await store.commit(AddMessage(trash.mailbox_id, letter(3), NONE, 1.0))
        envelope = Envelope("", (Recipient("alice@cities.org"),))
        for number in (2, 4):
            await store.commit(Enqueue(f"Q{number}", envelope, letter(number), "", 1.0, "submission"))
        await store.commit(Expunge(inbox.mailbox_id, (1,)), DeleteMailbox(trash.mailbox_id), RemoveFromQueue("Q4"))
    assert digests(path) == {letter(2).digest}


def digests(path: Path) -> set[bytes]:
    connection = sqlite3.connect(path)
    try:
        return {
            digest
            for (digest,) in connection.execute("SELECT digest FROM contents JOIN bodies USING (content_id)")
        }
    finally:
        connection.close()


async def test_a_database_of_a_later_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        await SqliteStore(path).open()


async def test_a_file_that_is_no_database_is_weather(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    path.write_bytes(b"this is not a database, it is a text\n" * 200)
    with pytest.raises(StoreUnavailable):
        await SqliteStore(path).open()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "host.sqlite3")
    await store.open()
    await store.close()
    await store.close()
    for question in (store.users(), store.commit(PutUser("a", ""))):
        with pytest.raises(StoreUnavailable):
            await question


async def test_a_large_body_is_read_beside_the_event_loop(tmp_path: Path) -> None:
    async with opened(tmp_path / "host.sqlite3") as store:
        inbox = await the_inbox(store)
        content = letter(1, 5_000_000)
        await store.commit(AddMessage(inbox.mailbox_id, content, NONE, 1.0))
        index = await store.index(inbox.mailbox_id)
        assert await store.body(index.content_ids[0]) == content.data


async def test_a_database_of_the_first_version_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "host.sqlite3"
    connection = sqlite3.connect(path)
    for statement in VERSION_1:
        connection.execute(statement)
    counters = [("uid_validity", 7), ("content_id", 1), ("mailbox_id", 2)]
    connection.executemany("INSERT INTO counters VALUES (?, ?)", counters)
    connection.execute("INSERT INTO users VALUES ('alice', '')")
    connection.execute("INSERT INTO mailboxes VALUES (1, 'alice', 'INBOX', '', 6, 2, 2, 1)")
    connection.execute("INSERT INTO messages VALUES (1, 1, 2, 1, 10, 1234.5, '', 2)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    async with opened(path) as store:
        index = await store.index(1)
        assert (list(index.uids), list(index.dates), list(index.save_dates)) == ([1], [1234.5], [1234.5])
