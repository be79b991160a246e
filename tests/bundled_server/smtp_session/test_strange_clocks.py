"""A clock that jumps under a host with open ports: mail goes on, ids never repeat, nobody stays locked out."""

import pytest

from bundled_server.clock import SystemClock
from bundled_server.config import Limits
from bundled_server.mta.etrn import TurnDesk

YEAR = 365 * 86_400.0


class JumpingClock(SystemClock):
    """The machine's clock, and what somebody set it off by."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return super().now() + self.offset


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp"])
async def test_mail_goes_on_whatever_the_clock_says(door, service: str) -> None:
    clock = JumpingClock()
    at = await door(service, clock=clock)
    for offset in (0.0, -YEAR, 10 * YEAR, 0.0):
        clock.offset = offset
        peer = await at.into_data()
        await peer.send(b"Subject: hola\r\n\r\nx\r\n.\r\n")
        assert (await peer.reply()).startswith("250 ")
    messages = await at.stored()
    mailbox = await at.host.store.mailbox("juan", "INBOX")
    index = await at.host.store.index(mailbox.mailbox_id)
    assert list(index.uids) == [1, 2, 3, 4] and list(index.modseqs) == sorted(set(index.modseqs))
    ids = {message.split(b" id ", 1)[1].split(b"\r\n")[0] for message in messages}
    assert len(ids) == 4, "no queue id twice"


async def test_a_clock_set_back_locks_nobody_out(door) -> None:
    clock = JumpingClock()
    at = await door("submission", clock=clock, limits=Limits(login_failures_per_minute=2))
    clock.offset = YEAR
    peer = await at.connect()
    await peer.ask("EHLO a.test")
    for _ in range(2):
        await peer.ask("AUTH PLAIN AGFsaWNlAHdyb25n")
    clock.offset = 0.0
    refused = await at.connect()
    await refused.ask("EHLO a.test")
    assert (await refused.ask("AUTH PLAIN AGFsaWNlADEyMzQ1Ng==")).startswith("454 "), "still too many"
    clock.offset = 61.0
    await at.enter()


async def test_a_clock_set_back_does_not_stop_etrn() -> None:
    clock = JumpingClock()

    async def flush(domain: str) -> int:
        return 1

    desk = TurnDesk(flush, ["cities.org"], clock.now, 10.0)
    assert (await desk("far.test")).code == 253
    assert (await desk("far.test")).code == 458
    clock.offset = -YEAR
    assert (await desk("far.test")).code == 253
