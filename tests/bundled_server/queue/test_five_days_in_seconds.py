"""The practice world's clock: five days of retries in the time of a breath, on the clock that the world uses."""

import asyncio

from bundled_server.clock import WorldClock
from bundled_server.config import Limits
from bundled_server.courier import Outcome, Verdict
from bundled_server.mailbox.changes import PutUser

DAY = 86_400.0


async def test_five_days_pass_on_a_scaled_clock(office) -> None:
    """432,000 seconds at 216,000 times the speed: two seconds, where the world's 7,200 make a minute."""
    fast = type(office)(Limits(), clock=WorldClock(216_000.0))
    fast.relay.answer = lambda r: Outcome(r, Verdict.DEFERRED, "4.2.1", "450 4.2.1 try later", "mx.other.test")
    await fast.store.open()
    await fast.store.commit(PutUser("alice", "secret"))
    await fast.runner.open()
    begun = fast.clock.now()
    async with asyncio.timeout(60):
        await fast.send("bob@other.test")
        events = fast.journal.follow(from_recent=True)
        async for event in events:
            if event.kind == "given up":
                break
        await events.aclose()
        while await fast.store.queue_items():
            await asyncio.sleep(0)
    assert fast.clock.now() - begun >= 5 * DAY
    assert len(fast.relay.calls) > 20
    subjects = [
        next(line for line in mail.split(b"\r\n") if line.startswith(b"Subject")) for mail in await fast.inbox()
    ]
    assert [subject[9:16] for subject in subjects] == [b"Delayed", b"Undeliv"]
    await fast.runner.close()
    await fast.store.close()
