"""Users and passwords: hashing, the short memory for right ones, names that cannot be."""

from collections.abc import AsyncIterator

import pytest

from bundled_server.auth.passwords import Cost, hash_password, is_right
from bundled_server.auth.store_directory import BadUser, StoreDirectory, checked_name
from bundled_server.mailbox.changes import PutUser
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.protocols.sasl.scram import derive_keys

CHEAP = Cost(n=16, r=1, p=1)


class Wrist:
    """A clock the test sets."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
async def directory() -> AsyncIterator[StoreDirectory]:
    clock = Wrist()
    store = MemoryStore(clock.now)
    await store.open()
    made = StoreDirectory(store, clock, CHEAP)
    await made.put("alice", "123456")
    yield made
    made.close()
    await store.close()


def test_a_hash_names_its_scheme_and_cost_and_fits_its_password_alone() -> None:
    secret = hash_password("pässword", CHEAP)
    assert secret.startswith("scrypt$16$1$1$")
    assert is_right("pässword", secret)
    assert not is_right("password", secret)
    assert hash_password("pässword", CHEAP) != secret, "every hash has its own salt"


@pytest.mark.parametrize(
    "secret", ["", "plain", "scrypt$16$1$1$$", "md5$1$1$1$YQ==$YQ==", "scrypt$x$1$1$YQ==$YQ=="]
)
def test_a_secret_that_is_not_ours_fits_nothing(secret: str) -> None:
    assert not is_right("", secret)
    assert not is_right("a", secret)


async def test_the_right_password_opens_and_no_other(directory) -> None:
    assert await directory.verify("alice", "123456")
    assert await directory.verify("ALICE", "123456"), "the second time, from memory"
    assert not await directory.verify("alice", "1234567")
    assert not await directory.verify("eve", "123456")
    assert not await directory.verify("eve", ""), "nobody has the empty password"
    assert not await directory.verify("alice", "x" * 100_000)


async def test_an_old_secret_goes_on_and_gets_scram_keys_at_the_next_login() -> None:
    clock = Wrist()
    store = MemoryStore(clock.now)
    await store.open()
    made = StoreDirectory(store, clock, CHEAP)
    await store.commit(PutUser("alice", hash_password("123456", CHEAP).partition("|")[0]))
    unknown = await made.scram_keys("alice")
    assert unknown == await made.scram_keys("alice") != await made.scram_keys("nobody")
    assert await made.verify("alice", "123456")
    keys = await made.scram_keys("alice")
    assert keys == derive_keys("123456", keys.salt, keys.iterations)
    assert await made.verify("alice", "123456")
    made.close()
    await store.close()


async def test_a_changed_password_counts_at_once(directory) -> None:
    assert await directory.verify("alice", "123456")
    await directory.put("alice", "new")
    assert not await directory.verify("alice", "123456")
    assert await directory.verify("alice", "new")


async def test_a_removed_user_is_gone_at_once(directory) -> None:
    assert await directory.verify("alice", "123456")
    assert await directory.remove("alice")
    assert not await directory.remove("alice")
    assert not await directory.exists("alice")
    assert not await directory.verify("alice", "123456")


@pytest.mark.parametrize("name", ["", "../x", "a b", "a\nb", "-a", ".a", "a@b", "ä", "a" * 65, "a+b"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(BadUser):
        checked_name(name)


async def test_an_empty_password_is_refused(directory) -> None:
    with pytest.raises(BadUser):
        await directory.put("bob", "")
