"""Several back ends in order, app passwords before them: who decides, who is asked, who gets a mailbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bundled_server.auth.app_passwords import MOST_OF_ONE_USER, AppPasswords, BadAppPassword
from bundled_server.auth.directory import Answer, DirectoryUnavailable
from bundled_server.auth.joined_directory import APP_PASSWORDS, JoinedDirectory
from bundled_server.auth.passwords import Cost
from bundled_server.auth.store_directory import StoreDirectory
from bundled_server.clock import SystemClock
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Store


class Elsewhere:
    """A back end with one user, that can be away."""

    def __init__(self, name: str, user: str, password: str) -> None:
        self.name, self._user, self._password = name, user, password
        self.is_away = False
        self.asked: list[str] = []

    async def answer(self, user: str, password: str) -> Answer:
        if not await self.knows(user):
            return Answer.UNKNOWN
        return Answer.RIGHT if password == self._password else Answer.WRONG

    async def knows(self, user: str) -> bool:
        self.asked.append(user)
        if self.is_away:
            raise DirectoryUnavailable("away")
        return user == self._user

    def close(self) -> None:
        """Nothing is open."""


class HandClock(SystemClock):
    time = 1_000_000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened: Store = SqliteStore(tmp_path / "host.sqlite3") if request.param == "sqlite" else MemoryStore()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def users(store: Store, clock: HandClock) -> AsyncIterator[StoreDirectory]:
    made = StoreDirectory(store, clock, Cost(n=16, iterations=1))
    await made.put("alice", "123456")
    yield made
    made.close()


@pytest.fixture
def app_passwords(store: Store, clock: HandClock) -> AppPasswords:
    return AppPasswords(store, clock.now)


@pytest.fixture
def joined(users: StoreDirectory, app_passwords: AppPasswords) -> JoinedDirectory:
    ldap, tokens = Elsewhere("ldap", "marta", "s3cret"), Elsewhere("later", "marta", "old")
    return JoinedDirectory(users, (users, ldap, tokens), app_passwords)


def away(joined: JoinedDirectory, name: str) -> None:
    next(one for one in joined._back_ends if one.name == name).is_away = True


async def test_the_first_that_knows_the_name_decides(joined: JoinedDirectory) -> None:
    assert await joined.who_admits("alice", "123456") == "store"
    assert await joined.who_admits("Marta", "s3cret") == "ldap"
    assert await joined.who_admits("marta", "old") == ""  # a later back end does not overrule
    assert await joined.who_admits("alice", "wrong") == ""
    assert await joined.who_admits("nobody", "x") == ""
    assert [await joined.who_knows(name) for name in ("alice", "marta", "nobody")] == ["store", "ldap", ""]


async def test_one_that_is_away_is_no_wrong_password_and_lets_no_later_one_in(joined: JoinedDirectory) -> None:
    away(joined, "ldap")
    for password in ("s3cret", "old", "wrong"):
        with pytest.raises(DirectoryUnavailable):
            await joined.verify("marta", password)
    assert await joined.verify("alice", "123456")
    assert not await joined.verify("alice", "wrong")
    with pytest.raises(DirectoryUnavailable):
        await joined.exists("perhaps")
    assert await joined.exists("alice")


async def test_an_external_user_has_mailboxes_from_the_first_login_on(
    joined: JoinedDirectory, store: Store, users: StoreDirectory
) -> None:
    assert await store.mailboxes("marta") == []
    await joined.verify("marta", "wrong")
    assert await store.mailboxes("marta") == []
    assert await joined.verify("marta", "s3cret")
    assert "INBOX" in [mailbox.name for mailbox in await store.mailboxes("marta")]
    assert await users.external_source("marta") == "ldap"
    away(joined, "ldap")
    assert await joined.exists("marta")  # mail is taken without asking


async def test_the_secret_of_an_external_user_is_no_password(
    joined: JoinedDirectory, users: StoreDirectory
) -> None:
    await joined.verify("marta", "s3cret")
    for password in ("external$ldap", "ldap", "", "external$"):
        assert await users.answer("marta", password) is Answer.UNKNOWN
        assert not await joined.verify("marta", password)


async def test_mail_for_an_external_user_makes_the_mailbox_too(joined: JoinedDirectory, store: Store) -> None:
    assert await joined.exists("marta")
    assert await store.mailboxes("marta") != []
    assert not await joined.exists("nobody")
    assert await store.mailboxes("nobody") == []


@pytest.mark.parametrize("name", ["mar ta", "../marta", "m\r\nx", "", "a" * 65, "*"])
async def test_what_is_no_user_name_is_asked_of_no_server(joined: JoinedDirectory, name: str) -> None:
    assert not await joined.verify(name, "s3cret")
    assert not await joined.exists(name)
    assert all(not one.asked for one in joined._back_ends if isinstance(one, Elsewhere))


async def test_an_app_password_logs_in_until_it_is_revoked(
    joined: JoinedDirectory, app_passwords: AppPasswords, clock: HandClock, users: StoreDirectory
) -> None:
    password = await app_passwords.create("alice", "phone")
    other = await app_passwords.create("alice", "script")
    assert len(password) == 24
    assert password != other
    assert await joined.who_admits("alice", password) == APP_PASSWORDS
    assert await joined.verify("alice", password.replace("-", ""))
    assert not await joined.verify("bob", password)
    assert not await joined.verify("alice", password[:-1] + ("a" if password[-1] != "a" else "b"))
    assert await joined.verify("alice", "123456")
    assert [(one.name, one.used) for one in await app_passwords.of("alice")] == [("phone", 1e6), ("script", 0.0)]
    clock.time += 30
    await joined.verify("alice", password)
    assert (await app_passwords.of("alice"))[0].used == 1e6  # noted once a minute
    clock.time += 30
    await joined.verify("alice", password)
    assert (await app_passwords.of("alice"))[0].used == 1e6 + 60
    assert await app_passwords.revoke("alice", "phone")
    assert not await app_passwords.revoke("alice", "phone")
    assert not await joined.verify("alice", password)
    assert await joined.verify("alice", other)


async def test_app_passwords_outlive_a_restart_and_are_kept_as_digests(
    joined: JoinedDirectory, app_passwords: AppPasswords, store: Store, clock: HandClock, users: StoreDirectory
) -> None:
    password = await app_passwords.create("alice", "phone")
    kept = (await store.records("app-password", "alice"))["phone"].value
    assert password.encode() not in kept
    assert password.replace("-", "").encode() not in kept
    restarted = AppPasswords(store, clock.now)
    await restarted.load()
    assert await JoinedDirectory(users, (users,), restarted).verify("alice", password)


async def test_scram_is_offered_only_where_it_proves_every_password(
    users: StoreDirectory, app_passwords: AppPasswords
) -> None:
    alone = JoinedDirectory(users, (users,), app_passwords)
    assert alone.has_every_key
    assert not JoinedDirectory(users, (users, Elsewhere("ldap", "m", "x")), app_passwords).has_every_key
    await app_passwords.create("alice", "phone")
    assert not alone.has_every_key
    await app_passwords.revoke("alice", "phone")
    assert alone.has_every_key


async def test_app_passwords_have_plain_names_and_an_end(
    app_passwords: AppPasswords, users: StoreDirectory
) -> None:
    for name in ("", "a\r\nb", "x" * 61, "\x1b[2J"):
        with pytest.raises(BadAppPassword):
            await app_passwords.create("alice", name)
    await app_passwords.create("alice", "phone")
    with pytest.raises(BadAppPassword, match="revoke it first"):
        await app_passwords.create("alice", "phone")
    for number in range(MOST_OF_ONE_USER - 1):
        await app_passwords.create("alice", str(number))
    with pytest.raises(BadAppPassword, match="revoke some first"):
        await app_passwords.create("alice", "one more")
