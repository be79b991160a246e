"""The door of web mail against IMAP servers that play a script."""

import asyncio

import pytest

from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context
from termail.web.door import FAILURES_HEARD, LATER, SLOWLY, WRONG, Door, NotLetIn

HELLO = "S: * OK [CAPABILITY IMAP4rev1 UIDPLUS] ready\n"
IN = HELLO + "C: LOGIN\nS: {tag} OK [CAPABILITY IMAP4rev1] in\nC: LOGOUT\nS: * BYE\nS: {tag} OK\n"
OUT = HELLO + "C: LOGIN\nS: {tag} NO [AUTHENTICATIONFAILED] no\n"
BUSY = HELLO + "C: LOGIN\nS: {tag} NO [UNAVAILABLE] directory down\n"


class Scene:
    def __init__(self, port: int) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        endpoint = Endpoint("imap", Security.NONE, "user", "127.0.0.1", port)
        self.door = Door(endpoint, client_context, lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def refused(scene: Scene, user: str = "alice", password: str = "x", address: str = "1.2.3.4") -> NotLetIn:
    with pytest.raises(NotLetIn) as refusal:
        await scene.door.enter(address, user, password)
    return refusal.value


async def test_whom_the_host_knows_comes_in(scripted) -> None:
    server = await scripted(IN)
    scene = Scene(server.port)
    await scene.door.enter("1.2.3.4", "alice", "123456")
    assert scene.slept == []


async def test_a_wrong_password_and_an_outage_are_told_apart(scripted) -> None:
    scene = Scene((await scripted(OUT, BUSY)).port)
    first, second = await refused(scene), await refused(scene)
    assert (str(first), first.status) == (WRONG, 403)
    assert (str(second), second.status) == (LATER, 503)
    assert scene.slept == [0.2], "an outage is nobody's guess"


async def test_guesses_get_slower_and_then_are_not_heard_for_a_minute(scripted) -> None:
    scene = Scene((await scripted(*[OUT] * FAILURES_HEARD, IN)).port)
    for _ in range(FAILURES_HEARD):
        await refused(scene)
    assert scene.slept == sorted(scene.slept)
    assert max(scene.slept) == 5.0
    refusal = await refused(scene)
    assert (str(refusal), refusal.status) == (SLOWLY, 429)
    scene.now += 61
    await scene.door.enter("1.2.3.4", "alice", "123456")


async def test_guesses_sent_all_at_once_are_counted_before_their_answers_come(scripted) -> None:
    scene = Scene((await scripted(*[OUT] * FAILURES_HEARD)).port)
    refusals = await asyncio.gather(*(refused(scene) for _ in range(3 * FAILURES_HEARD)))
    assert sorted(refusal.status for refusal in refusals) == [403] * FAILURES_HEARD + [429] * 2 * FAILURES_HEARD
    assert len(scene.slept) == FAILURES_HEARD - 1


async def test_a_name_that_is_guessed_from_many_places_is_slow_for_all_and_locked_for_none(scripted) -> None:
    scene = Scene((await scripted(*[OUT] * (FAILURES_HEARD + 3), IN)).port)
    for place in range(FAILURES_HEARD + 3):
        await refused(scene, address=f"10.0.0.{place}")
    await scene.door.enter("10.1.1.1", "alice", "123456")
    assert scene.slept[-1] == 5.0


@pytest.mark.parametrize(
    ("user", "password"), [("", "x"), ("alice", ""), ("a\r\nb", "x"), ("a" * 257, "x"), ("alice", "x" * 1025)]
)
async def test_what_cannot_be_a_login_asks_no_server(user: str, password: str) -> None:
    assert str(await refused(Scene(1), user, password)) == WRONG


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    assert str(await refused(Scene(1))) == LATER
