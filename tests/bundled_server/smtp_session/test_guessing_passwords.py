"""Guessing passwords at the submission port: the same words and the same wait whoever is asked for, and an end."""

import asyncio
import base64
import ssl

from bundled_server.auth.throttle import LONGEST_DELAY_SECONDS
from bundled_server.clock import SystemClock
from bundled_server.config import Limits


class PatientClock(SystemClock):
    """The waits of the throttle take no time and are written down; others (of the queue) are real."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds > LONGEST_DELAY_SECONDS:
            await super().sleep(seconds)
        self.slept.append(seconds)


def plain(user: str, password: str) -> str:
    secret = b"\0" + user.encode() + b"\0" + password.encode()
    return "AUTH PLAIN " + base64.b64encode(secret).decode()


async def guesses(door, user: str, count: int) -> tuple[list[str], list[float]]:
    """The answers to wrong passwords for one user, and how long each was kept waiting."""
    clock = PatientClock()
    at = await door("submission", clock=clock, limits=Limits(login_failures_per_minute=5))
    peer = await at.connect()
    await peer.ask("EHLO a.test")
    answers = [await peer.ask(plain(user, f"wrong-{number}")) for number in range(count)]
    peer.writer.close()
    await at.host.close()
    return answers, clock.slept


async def test_an_unknown_user_is_told_the_same_after_the_same_wait(door) -> None:
    known = await guesses(door, "alice", 6)
    unknown = await guesses(door, "nobody", 6)
    assert known == unknown
    answers, slept = known
    assert set(answers[:5]) == {"535 5.7.8 Authentication credentials invalid"}
    assert answers[5].startswith("454 4.7.0 "), "this address is not heard for a while"
    assert slept == sorted(slept) and len(slept) == 4, "each wait is longer than the one before"


async def test_a_right_password_opens_although_others_guess_at_the_account(door) -> None:
    at = await door("submission", clock=PatientClock(), limits=Limits(login_failures_per_minute=5))
    peer = await at.connect()
    await peer.ask("EHLO a.test")
    for number in range(4):
        assert (await peer.ask(plain("alice", f"wrong-{number}"))).startswith("535 ")
    assert (await peer.ask(plain("alice", "123456"))).startswith("235 ")


async def test_others_are_answered_while_passwords_are_hashed(door) -> None:
    """The hash is slow on purpose: it must not stand in the way of the host's other work."""
    at = await door("submission", clock=PatientClock(), limits=Limits(login_failures_per_minute=100))
    guessers = [await at.connect() for _ in range(6)]
    other = await at.connect()
    for peer in guessers:
        await peer.ask("EHLO a.test")
    for number, peer in enumerate(guessers):
        await peer.send(plain("alice", f"wrong-{number}").encode() + b"\r\n")
    hashing = asyncio.gather(*(peer.reply() for peer in guessers))
    assert (await other.ask("NOOP")).startswith("250 ")
    assert not hashing.done()
    assert {reply[:3] for reply in await hashing} == {"535"}


async def test_passwords_need_tls_off_loopback(
    door, address_off_loopback: str, client_tls: ssl.SSLContext
) -> None:
    at = await door("submission", listen=address_off_loopback, insecure_auth=False)
    peer = await at.connect()
    assert "AUTH" not in await peer.ask("EHLO a.test")
    assert (await peer.ask(plain("alice", "123456"))).startswith("538 5.7.11 ")
    assert (await peer.ask("STARTTLS")).startswith("220 ")
    await peer.writer.start_tls(client_tls)
    assert "AUTH" in await peer.ask("EHLO a.test")
    assert (await peer.ask(plain("alice", "123456"))).startswith("235 ")
