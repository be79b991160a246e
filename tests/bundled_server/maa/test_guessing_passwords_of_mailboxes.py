"""Guessing passwords by IMAP and POP3: the same words after the same waits, whoever is asked for."""

import msgspec
import pytest

from bundled_server.clock import SystemClock
from bundled_server.config import Limits

GUESSES = 6


class PatientClock(SystemClock):
    """The waits of the throttle take no time and are written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def by_imap(agent, user: str) -> list[str]:
    async with agent.imap_client(user="") as client:
        return [(await client.runs(f"LOGIN {user} wrong"))[-1] for _ in range(GUESSES)]


async def by_pop3(agent, user: str) -> list[str]:
    answers = []
    async with agent.pop3_client(user="") as client:
        for _ in range(GUESSES):
            await client.types(f"USER {user}", "PASS wrong")
            answers += [await client.reads(), await client.reads()]
    return answers


@pytest.mark.parametrize("guess", [by_imap, by_pop3])
async def test_an_unknown_user_is_told_the_same_after_the_same_wait(agent_with, guess):
    told, waits = [], []
    for user in ("alice", "nobody"):
        clock = PatientClock()
        limits = msgspec.structs.replace(Limits(), login_failures_per_minute=GUESSES - 1)
        async with agent_with(limits=limits, clock=clock) as agent:
            told.append(await guess(agent, user))
        waits.append(clock.slept)
    assert told[0] == told[1]
    assert waits[0] == waits[1]
    assert waits[0] == sorted(set(waits[0])) and len(waits[0]) == GUESSES - 2, "each wait is longer"
    assert told[0][-1] != told[0][1], "the last is not heard at all"
