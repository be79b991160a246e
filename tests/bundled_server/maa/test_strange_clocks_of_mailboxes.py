"""A clock that jumps under people who read their mail: numbers go on, nobody stays locked out."""

import msgspec
import pytest

from bundled_server.clock import SystemClock
from bundled_server.config import Limits
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from tests.bundled_server.maa.conftest import running_agent

YEAR = 365 * 86_400.0
JUMPS = (0.0, -YEAR, 10 * YEAR, -60 * YEAR, 5000 * YEAR, 0.0)


class JumpingClock(SystemClock):
    """The machine's clock, and what somebody set it off by."""

    offset = 0.0

    def now(self) -> float:
        return super().now() + self.offset


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_mailboxes_go_on_whatever_the_clock_says(tmp_path, kind):
    clock = JumpingClock()
    store = MemoryStore(clock.now) if kind == "memory" else SqliteStore(tmp_path / "store.db", clock.now)
    async with running_agent(store, tmp_path, clock=clock) as agent:
        for number, offset in enumerate(JUMPS, 1):
            clock.offset = offset
            async with agent.imap_client(mailbox="INBOX") as client:
                added = await client.runs("APPEND INBOX {17+}\r\nSubject: hola\r\n\r\n")
                assert f" {number}] " in added[-1] and "[APPENDUID" in added[-1]
                assert (await client.runs("STORE 1 +FLAGS.SILENT (\\Seen)"))[-1].startswith("t OK ")
                assert (await client.runs("STORE 1 -FLAGS.SILENT (\\Seen)"))[-1].startswith("t OK ")
                told = await client.runs("FETCH 1:* (INTERNALDATE SAVEDATE MODSEQ)")
                assert len(told) > number and told[-1].startswith("t OK ")
                for search in ("SINCE 1-Jan-2000", "YOUNGER 3600", "OLDER 3600"):
                    assert (await client.runs(f"SEARCH {search}"))[-1].startswith("t OK ")
                assert (await client.runs("SEARCH SAVEDON 1-Jan-2000"))[-1].startswith("t OK ")
            async with agent.pop3_client() as client:
                await client.types("UIDL")
                assert len(await client.reads_until(".")) == number + 2
        mailbox = await store.mailbox("alice", "INBOX")
        index = await store.index(mailbox.mailbox_id)
        assert list(index.uids) == list(range(1, len(JUMPS) + 1))
        assert len(set(index.modseqs)) == len(JUMPS)
        assert index.highest_modseq == max(index.modseqs)


async def test_a_new_mailbox_never_gets_an_old_ones_uidvalidity(tmp_path):
    clock = JumpingClock()
    seen = []
    for offset in JUMPS:
        clock.offset = offset
        async with (
            running_agent(SqliteStore(tmp_path / "store.db", clock.now), tmp_path, clock=clock) as agent,
            agent.imap_client() as client,
        ):
            await client.runs("CREATE Again")
            seen.append((await client.runs("STATUS Again (UIDVALIDITY)"))[0])
            await client.runs("DELETE Again")
    assert len(set(seen)) == len(JUMPS)


async def test_a_clock_set_back_locks_nobody_out(agent_with):
    clock = JumpingClock()
    limits = msgspec.structs.replace(Limits(), login_failures_per_minute=2)
    async with agent_with(limits=limits, clock=clock) as agent:
        clock.offset = YEAR
        async with agent.imap_client(user="") as client:
            for _ in range(2):
                assert (await client.runs("LOGIN alice wrong"))[-1].startswith("t NO [AUTHENTICATIONFAILED] ")
            clock.offset = 0.0
            assert (await client.runs("LOGIN alice 123456"))[-1].startswith("t NO [UNAVAILABLE] "), "too many"
        clock.offset = 61.0
        async with agent.imap_client(), agent.pop3_client():
            pass
