"""What a hostile client tries on a POP3 port."""

from base64 import b64encode
from collections.abc import Sequence

import msgspec
import pytest

from bundled_server.config import Limits
from tests.bundled_server.maa.conftest import Disk, running_agent


async def test_passwords_need_tls_off_loopback(agent_with, address_off_loopback):
    async with agent_with(listen=address_off_loopback) as agent, agent.pop3_client(user="") as client:
        await client.types("CAPA")
        assert not {"USER", "SASL PLAIN"} & set(await client.reads_until("."))
        await client.types("USER alice", "AUTH PLAIN", "PASS 123456")
        assert all([(await client.reads()).startswith("-ERR") for _ in range(3)])


async def test_stls_forgets_what_came_before_it(agent_with, certificate):
    context, trust = certificate
    async with agent_with(tls=context) as agent, agent.pop3_client(user="") as client:
        client.sends(b"USER alice\r\nSTLS\r\nPASS 123456\r\n")
        assert (await client.reads()).startswith("+OK")
        assert (await client.reads()).startswith("+OK")
        await client.writer.start_tls(trust, server_hostname="localhost")
        await client.types("PASS 123456", "STLS", "USER alice", "PASS 123456")
        assert (await client.reads()).startswith("-ERR USER comes first")
        assert (await client.reads()).startswith("-ERR TLS is not available here")
        assert (await client.reads()).startswith("+OK")
        assert (await client.reads()).startswith("+OK Mailbox open")


async def test_guessing_is_slowed_down_and_then_not_heard(agent_with):
    limits = msgspec.structs.replace(Limits(), login_failures_per_minute=2)
    async with agent_with(limits=limits) as agent, agent.pop3_client(user="") as client:
        replies = []
        for user in ("alice", "nobody", "alice"):
            await client.types(f"USER {user}", "PASS wrong")
            await client.reads()
            replies.append(await client.reads())
        assert replies[0] == replies[1] == "-ERR [AUTH] authentication failed"
        assert replies[2].startswith("-ERR [SYS/TEMP]")


async def test_silence_before_login_ends_the_connection(agent_with):
    limits = msgspec.structs.replace(Limits(), login_seconds=0.05)
    async with agent_with(limits=limits) as agent, agent.pop3_client(user="") as client:
        assert (await client.reads()).startswith("-ERR")
        assert await client.sees_the_end()


async def test_bare_line_ends_close_the_connection(agent):
    async with agent.pop3_client() as client:
        client.sends(b"NOOP\nDELE 1\n")
        assert (await client.reads()).startswith("-ERR lines end with CRLF")
        assert await client.sees_the_end()


async def test_secrets_are_masked_in_the_journal(agent):
    async with agent.pop3_client(user="") as client:
        await client.types(
            "USER alice", "PASS hunter2", "PAS hunter2", "AUTH PLAIN hunter2", "AUTH PLAIN", "hunter2"
        )
        for _ in range(6):
            await client.reads()
    assert not any("hunter2" in event.text for event in agent.journal.recent())


async def test_a_client_that_vanishes_frees_the_maildrop(agent):
    async with agent.pop3_client() as client:
        client.writer.transport.abort()
        while True:
            async with agent.pop3_client(user="") as other:
                await other.types("USER alice", "PASS 123456")
                await other.reads()
                if (await other.reads()).startswith("+OK"):
                    break


@pytest.mark.parametrize("initial", ["????", "=", "AGFsaWNlADEyMzQ1Ng", "AGFs\x7f", "A" * 401, "ñ"])
async def test_malformed_base64_fails_that_login_only(agent, initial):
    async with agent.pop3_client(user="") as client:
        await client.types(f"AUTH PLAIN {initial}")
        assert (await client.reads()).startswith("-ERR ")
        await client.types("AUTH PLAIN")
        assert await client.reads() == "+ "
        await client.types(initial)
        assert (await client.reads()).startswith("-ERR ")
        await client.types("AUTH PLAIN " + b64encode(b"\0alice\x00123456").decode())
        assert (await client.reads()).startswith("+OK ")


class CountingStore(Disk):
    """Counts the messages that were read."""

    read = 0

    async def body(self, content_id: int) -> bytes:
        self.read += 1
        return await super().body(content_id)

    async def bodies(self, content_ids: Sequence[int]) -> list[bytes | None]:
        self.read += len(content_ids)
        return await super().bodies(content_ids)


async def test_a_client_that_does_not_read_holds_only_itself_back(tmp_path, make_message):
    store = CountingStore()
    async with running_agent(store, tmp_path) as agent:
        await agent.deliver(make_message(body=("x" * 78 + "\r\n") * 5000))
        async with agent.pop3_client() as deaf, agent.pop3_client(user="juan") as other:
            await deaf.types(*["RETR 1"] * 2000)
            before = -1
            while store.read == 0 or store.read != before:  # until nothing more is made for it
                before = store.read
                for _ in range(50):
                    await other.types("NOOP")
                    assert (await other.reads()).startswith("+OK")
            assert store.read < 200, "of 800 MB only what buffers hold"
