"""Both stores, one contract: every test that takes `store` runs on disk and in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.mailbox.changes import PutUser
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Mailbox, Store


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened: Store = SqliteStore(tmp_path / "host.sqlite3") if request.param == "sqlite" else MemoryStore()
    await opened.open()
    await opened.commit(PutUser("alice", "secret"))
    yield opened
    await opened.close()


@pytest.fixture
async def inbox(store: Store) -> Mailbox:
    found = await store.mailbox("alice", "INBOX")
    assert found is not None
    return found


@pytest.fixture
async def trash(store: Store) -> Mailbox:
    found = await store.mailbox("alice", "Trash")
    assert found is not None
    return found
