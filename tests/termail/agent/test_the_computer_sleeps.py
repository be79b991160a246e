"""Sleep is noticed by the clocks, and what waited for better weather looks again."""

import asyncio
import random
from pathlib import Path

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.office import Office
from termail.agent.sleep_watch import SleepWatch
from termail.config import Account
from termail.mra.imap.errors import ImapThrottled
from termail.secrets.passwords import Passwords
from termail.store.local_store import LocalStore


def test_only_a_wall_clock_that_ran_ahead_means_sleep() -> None:
    clocks = {"wall": 1000.0, "monotonic": 5.0}
    woken: list[float] = []
    watch = SleepWatch(lambda: clocks["wall"], lambda: clocks["monotonic"], lambda: woken.append(clocks["wall"]))

    def pass_time(wall: float, monotonic: float) -> int:
        clocks["wall"] += wall
        clocks["monotonic"] += monotonic
        watch.look()
        return len(woken)

    assert pass_time(10, 10) == 0
    assert pass_time(40, 40) == 0
    assert pass_time(15, 10) == 0, "a correction"
    assert pass_time(3_600, 10) == 1
    assert pass_time(10, 10) == 1
    assert pass_time(-7_200, 10) == 1, "set back"
    assert pass_time(10, 10) == 1


class Throttled(AccountRunner):
    sessions = 0

    async def session(self) -> None:
        self.sessions += 1
        raise ImapThrottled("slow down", 299.0)

    async def run_once(self) -> None:
        """No command is run here."""

    async def replay_once(self) -> None:
        """No command is run here."""


async def test_a_throttling_server_is_left_alone_and_waking_up_ends_the_wait(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "mail.sqlite3")
    office = Office(clock=lambda: 1000.0)
    around = Surroundings(store, Passwords(tmp_path), office, lambda: 1000.0, random.Random(1), tmp_path)
    account = Account(from_="a@b.c", retrieve="imaps://a@b.c")
    runner = Throttled("work", account, around)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(60):
        while "work" not in office.states or office.states["work"].state != "offline":
            await asyncio.sleep(0)
        assert office.states["work"].retry_at == 1299.0
        assert runner.sessions == 1
        runner.woke_up()
        while runner.sessions < 2:
            await asyncio.sleep(0)
    running.cancel()
    store.close()
