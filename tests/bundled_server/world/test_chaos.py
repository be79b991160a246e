"""Under random faults every message is delivered, bounced or still queued; a longer one is `world --chaos 60`."""

import logging

import pytest

from bundled_server.world.chaos import Chaos


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_message_is_accounted_for(world, caplog, seed: int) -> None:
    caplog.set_level(logging.CRITICAL)  # a scanner that is switched off is told of each time
    chaos = Chaos(world, seed)
    account = await chaos.run(minutes=10)
    assert account.lost == [] and account.twice == []
    assert account.faults.total() >= 4
    assert len(account.delivered) + len(account.bounced) + len(account.queued) == account.accepted > 10
    account = await chaos.settle()
    assert account.lost == account.queued == account.twice == []
    assert len(account.delivered) + len(account.bounced) == account.accepted
