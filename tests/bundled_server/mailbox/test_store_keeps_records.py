"""The contract of every store: records, small values by kind, owner and key."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.mailbox.changes import DeleteMailbox, DeleteUser, PutUser
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record
from bundled_server.mailbox.sqlite.record_changes import forget_expired
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import NoSuchMailbox, Store

FIRST, SECOND = Record("first", b"\x00one"), Record("second", b"two")


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> AsyncIterator[Store]:
    on_disk = request.param == "sqlite"
    opened: Store = SqliteStore(tmp_path / "host.sqlite3", clock) if on_disk else MemoryStore(clock)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_record_is_found_by_kind_owner_and_key(store: Store) -> None:
    assert await store.commit(PutRecords("script", "alice", (FIRST, SECOND))) == (("first", "second"),)
    await store.commit(PutRecords("script", "bob", (SECOND,)), PutRecords("list", "alice", (Record("third"),)))
    assert await store.records("script", "alice") == {"first": FIRST, "second": SECOND}
    assert await store.records("script", "alice", ["second", "third", "second"]) == {"second": SECOND}
    assert await store.records("script", "alice", []) == {}
    assert await store.records("nothing", "alice") == {}


async def test_a_later_value_replaces_an_earlier_one(store: Store) -> None:
    await store.commit(PutRecords("script", "alice", (FIRST, Record("first", b"x"))))
    assert await store.records("script", "alice") == {"first": Record("first", b"x")}
    await store.commit(PutRecords("script", "alice", (FIRST,)))
    assert await store.records("script", "alice") == {"first": FIRST}


async def test_one_record_asked_for_again_is_as_it_is_now(store: Store) -> None:
    for change, expected in (
        (None, {}),
        (PutRecords("script", "alice", (FIRST,)), {"first": FIRST}),
        (PutRecords("script", "alice", (Record("first", b"x"),)), {"first": Record("first", b"x")}),
        (DeleteRecords("script", "alice", ("first",)), {}),
        (PutRecords("script", "alice", (FIRST,)), {"first": FIRST}),
        (DeleteRecords("script", "alice"), {}),
    ):
        if change is not None:
            await store.commit(change)
        for _ in range(2):
            assert await store.records("script", "alice", ("first",)) == expected


async def test_whoever_asks_first_wins_where_only_new_records_are_put(store: Store) -> None:
    mine, later = Record("reply", b"mine"), Record("reply", b"later")
    results = await store.commit(
        PutRecords("vacation", "alice", (mine,), only_new=True),
        PutRecords("vacation", "alice", (later, SECOND), only_new=True),
    )
    assert results == (("reply",), ("second",))
    assert await store.records("vacation", "alice") == {"reply": mine, "second": SECOND}


async def test_a_record_is_gone_when_its_time_has_come(store: Store, clock: HandClock) -> None:
    await store.commit(PutRecords("grey", "", (Record("a", b"", 1_060.0), Record("b", b"", 1_061.0))))
    clock.now = 1_060.0
    assert set(await store.records("grey", "")) == {"b"}
    assert await store.commit(PutRecords("grey", "", (Record("a"), Record("b")), only_new=True)) == (("a",),)


async def test_records_are_deleted_by_key_or_all_together(store: Store) -> None:
    await store.commit(PutRecords("script", "alice", (FIRST, SECOND)))
    await store.commit(DeleteRecords("script", "alice", ("first", "absent")))
    assert set(await store.records("script", "alice")) == {"second"}
    await store.commit(PutRecords("script", "alice", (FIRST,)), DeleteRecords("script", "alice"))
    assert await store.records("script", "alice") == {}


async def test_a_user_takes_the_records_along(store: Store) -> None:
    await store.commit(PutUser("alice", "x"), PutRecords("script", "alice", (FIRST,)))
    await store.commit(PutRecords("script", "bob", (FIRST,)), DeleteUser("alice"))
    assert await store.records("script", "alice") == {}
    assert set(await store.records("script", "bob")) == {"first"}


async def test_a_commit_that_fails_leaves_the_records_as_they_were(store: Store) -> None:
    await store.commit(PutRecords("script", "alice", (FIRST,)))
    with pytest.raises(NoSuchMailbox):
        await store.commit(
            DeleteRecords("script", "alice"),
            PutRecords("script", "alice", (SECOND,)),
            DeleteMailbox(99),
        )
    assert await store.records("script", "alice") == {"first": FIRST}


async def test_expired_records_leave_the_disk(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "host.sqlite3"
    store = SqliteStore(path, clock)
    await store.open()
    await store.commit(PutRecords("grey", "", tuple(Record(str(n), b"", 1_000.0 + n) for n in range(1, 601))))
    await store.commit(PutRecords("grey", "", (Record("forever"),)))
    await store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    assert forget_expired(connection, 2_000.0) is True
    assert forget_expired(connection, 2_000.0) is False
    assert connection.execute("SELECT key FROM records").fetchall() == [("forever",)]
    connection.close()
