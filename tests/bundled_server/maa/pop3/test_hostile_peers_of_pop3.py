"""What a hostile client tries on a POP3 port."""

import msgspec

from bundled_server.config import Limits


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
