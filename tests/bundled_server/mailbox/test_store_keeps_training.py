"""The contract of every store: training counts each message once, moves it, takes it back, forgets what is old."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.mailbox.changes import DeleteMailbox, DeleteUser, PutUser
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import NoSuchMailbox, Store
from bundled_server.mailbox.training import ExpireTokens, ForgetTraining, Kind, Training, TrainTokens

WORDS = ("pills", "cheap")
ONE, TWO = b"\x01" * 32, b"\x02" * 32


class HandClock:
    """A clock that stands still until it is moved."""

    now = 1_000.0

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


async def counts(store: Store, owner: str = "alice") -> dict[str, tuple[int, int]]:
    return {token: (c.spam, c.ham) for token, c in (await store.trained_tokens(owner)).items()}


async def test_tokens_are_counted_by_owner_and_kind(store: Store) -> None:
    assert await store.commit(TrainTokens("alice", ONE, Kind.SPAM, WORDS)) == (Kind.NOTHING,)
    await store.commit(TrainTokens("alice", TWO, Kind.HAM, ("cheap", "flight")))
    await store.commit(TrainTokens("", ONE, Kind.HAM, ("news",)))
    assert await counts(store) == {"pills": (1, 0), "cheap": (1, 1), "flight": (0, 1)}
    assert await counts(store, "") == {"news": (0, 1)}
    assert set(await store.trained_tokens("alice", ["cheap", "news"])) == {"cheap"}
    assert await store.training("alice") == Training(1, 1)
    assert await store.training("bob") == Training(0, 0)


async def test_training_twice_counts_once(store: Store) -> None:
    change = TrainTokens("alice", ONE, Kind.SPAM, WORDS)
    assert await store.commit(change, change) == (Kind.NOTHING, Kind.SPAM)
    assert await counts(store) == {"pills": (1, 0), "cheap": (1, 0)}
    assert await store.training("alice") == Training(1, 0)


async def test_moving_back_untrains(store: Store) -> None:
    await store.commit(TrainTokens("alice", ONE, Kind.SPAM, WORDS))
    assert await store.trained_as("alice", ONE) is Kind.SPAM
    assert await store.commit(TrainTokens("alice", ONE, Kind.HAM, WORDS)) == (Kind.SPAM,)
    assert await counts(store) == {"pills": (0, 1), "cheap": (0, 1)}
    await store.commit(TrainTokens("alice", ONE, Kind.NOTHING, WORDS))
    assert await counts(store) == {"pills": (0, 0), "cheap": (0, 0)}
    assert await store.training("alice") == Training(0, 0)
    assert await store.trained_as("alice", ONE) is Kind.NOTHING


async def test_no_count_goes_below_nothing(store: Store) -> None:
    """A message may be taken back by a later version that sees other tokens in it."""
    await store.commit(TrainTokens("alice", ONE, Kind.SPAM, ("old",)))
    await store.commit(TrainTokens("alice", ONE, Kind.HAM, ("new",)))
    assert await counts(store) == {"old": (1, 0), "new": (0, 1)}
    await store.commit(
        TrainTokens("alice", TWO, Kind.SPAM, ("other",)), TrainTokens("alice", TWO, Kind.HAM, ("new",))
    )
    assert (await counts(store))["new"] == (0, 2)
    assert await store.training("alice") == Training(0, 2)


async def test_rare_tokens_go_with_age_and_common_ones_stay(store: Store, clock: HandClock) -> None:
    await store.commit(TrainTokens("alice", ONE, Kind.SPAM, ("rare", "common")))
    await store.commit(TrainTokens("alice", TWO, Kind.SPAM, ("common",)))
    clock.now = 2_000.0
    await store.commit(TrainTokens("alice", b"\x03" * 32, Kind.HAM, ("fresh",)))
    await store.commit(TrainTokens("bob", ONE, Kind.HAM, ("rare",)))
    assert await store.commit(ExpireTokens("alice", 1_500.0, rare=1)) == (1,)
    assert await counts(store) == {"common": (2, 0), "fresh": (0, 1)}
    assert await counts(store, "bob") == {"rare": (0, 1)}
    assert await store.training("alice") == Training(2, 1)
    assert await store.trained_as("alice", ONE) is Kind.NOTHING


async def test_training_goes_with_its_user_or_when_it_is_forgotten(store: Store) -> None:
    await store.commit(PutUser("alice", "x"), TrainTokens("alice", ONE, Kind.SPAM, WORDS))
    await store.commit(TrainTokens("bob", ONE, Kind.SPAM, WORDS), TrainTokens("", ONE, Kind.SPAM, WORDS))
    await store.commit(DeleteUser("alice"), ForgetTraining("bob"))
    for owner, kept in (("alice", 0), ("bob", 0), ("", 2)):
        assert len(await counts(store, owner)) == kept
        assert await store.training(owner) == Training(kept // 2, 0)
        assert await store.trained_as(owner, ONE) is (Kind.SPAM if kept else Kind.NOTHING)


async def test_a_commit_that_fails_trains_nothing(store: Store) -> None:
    with pytest.raises(NoSuchMailbox):
        await store.commit(TrainTokens("alice", ONE, Kind.SPAM, WORDS), DeleteMailbox(99))
    assert await counts(store) == {}
    assert await store.training("alice") == Training(0, 0)
    assert await store.trained_as("alice", ONE) is Kind.NOTHING
