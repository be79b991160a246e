"""How long POP3 mail stays on its server: for ever, until it is here, some days, or until it is expunged here."""

import random
from pathlib import Path

import pytest

from termail.agent.account import Surroundings
from termail.agent.office import Office
from termail.agent.pop_account import PopAccount
from termail.config import Account
from termail.model.actions import Expunge, SetFlags
from termail.model.order import Order
from termail.mra.pop.seen import SeenMessages
from termail.secrets.passwords import Passwords
from termail.store.local_store import LocalStore

HELLO = "S: +OK hello\nC: USER alice\nS: +OK\nC: PASS\nS: +OK in\nC: CAPA\nS: +OK\nS: UIDL\nS: .\n"
LISTING = "C: UIDL\nS: +OK\nS: 1 aaa\nS: 2 bbb\nS: .\n"
FETCH = "C: RETR {n}\nS: +OK\nS: Subject: m{n}\nS: .\n"
QUIT = "C: QUIT\nS: +OK bye\n"
DAY = 86_400.0


@pytest.fixture
def account(scripted, tmp_path: Path):
    store = LocalStore(tmp_path / "mail.sqlite3")
    time = [1_700_000_000.0]

    async def prepare(*scripts: str, **settings):
        server = await scripted(*scripts)
        made = Account(
            from_="alice@b.c",
            retrieve=f"pop3+insecure://alice@127.0.0.1:{server.port}",
            password_command="echo 123456",
            **settings,
        )
        around = Surroundings(store, Passwords(tmp_path), Office(), lambda: time[0], random.Random(1), tmp_path)
        return PopAccount("work", made, around), store, time, server

    yield prepare
    store.close()


FIRST = HELLO + LISTING + FETCH.format(n=1) + FETCH.format(n=2)


async def test_mail_that_may_stay_is_fetched_once_and_stays(account) -> None:
    runner, store, time, _ = await account(FIRST + QUIT, HELLO + LISTING + QUIT)
    await runner.run_once()
    time[0] += 1000 * DAY
    await runner.run_once()
    assert store.folder_with_role("work", "inbox").total == 2


async def test_mail_that_may_not_stay_goes_when_it_is_here(account) -> None:
    runner, _, _, server = await account(
        FIRST + "C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\n" + QUIT, leave_on_server=False
    )
    await runner.run_once()
    assert server.heard[-1] == "QUIT"


async def test_mail_goes_after_some_days(account) -> None:
    gone = HELLO + LISTING + "C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\n" + QUIT
    runner, _, time, server = await account(FIRST + QUIT, HELLO + LISTING + QUIT, gone, leave_on_server=7)
    await runner.run_once()
    time[0] += 6.9 * DAY
    await runner.run_once()
    time[0] += 0.2 * DAY
    await runner.run_once()
    assert server.heard.count("DELE 1") == 1


@pytest.mark.parametrize("wished", [False, True])
async def test_what_is_expunged_here_is_deleted_there_only_when_wished(account, wished: bool) -> None:
    later = HELLO + LISTING + ("C: DELE 1\nS: +OK\n" if wished else "") + QUIT
    runner, store, _, server = await account(FIRST + QUIT, later, delete_on_server=wished)
    await runner.run_once()
    inbox = store.folder_with_role("work", "inbox")
    (first,) = store.listing(inbox.folder_id, Order(), "~s m1")
    store.perform("work", SetFlags((first,), add=("\\Deleted",)))
    store.perform("work", Expunge(inbox.folder_id))
    await runner.run_once()
    assert server.heard.count("DELE 1") == wished
    assert server.heard.count("DELE 2") == 0


def test_a_list_without_times_is_as_of_now(tmp_path: Path) -> None:
    seen = SeenMessages(tmp_path, "work")
    assert seen.load(5.0) == {}
    seen.save({"aaa": 3.0})
    seen._path.write_text(seen._path.read_text() + "\nbbb\n")
    assert seen.load(5.0) == {"aaa": 3.0, "bbb": 5.0}
