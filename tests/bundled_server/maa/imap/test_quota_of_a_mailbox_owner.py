"""QUOTA over the wire, and what it keeps out (RFC 9208)."""


async def test_without_a_limit_there_is_a_root_that_limits_nothing(agent):
    async with agent.imap_client() as client:
        assert await client.runs('GETQUOTA ""') == ['* QUOTA "" ()', "t OK GETQUOTA completed"]
        lines = await client.runs("GETQUOTAROOT inbox")
        assert lines == ['* QUOTAROOT INBOX ""', '* QUOTA "" ()', "t OK GETQUOTAROOT completed"]
        assert (await client.runs("GETQUOTA other"))[-1].startswith("t NO [NONEXISTENT] ")
        assert (await client.runs('SETQUOTA "" (STORAGE 1)'))[-1].startswith("t BAD ")


async def test_what_would_be_too_much_is_refused(agent_with, make_message):
    async with agent_with(quota_octets=1_000_000, quotas={"Alice": 4096}) as agent:
        await agent.deliver(make_message("a", "x" * 2000 + "\r\n"))
        async with agent.imap_client(mailbox="INBOX") as client:
            assert (await client.runs('GETQUOTA ""'))[0] == '* QUOTA "" (STORAGE 3 4)'
            assert (await client.runs("COPY 1 INBOX"))[-1].startswith("t NO [OVERQUOTA] ")
            client.sends(b"t APPEND INBOX {3000+}\r\n%b\r\n" % (b"x" * 3000))
            assert (await client.reads()).startswith("t NO [OVERQUOTA] ")
            client.sends(b"t APPEND INBOX {4+}\r\nA: b\r\n")
            assert (await client.reads_until("t "))[-1].startswith("t OK ")
            await client.runs("STORE 2 +FLAGS (\\Deleted)")
            assert (await client.runs("STATUS INBOX (DELETED DELETED-STORAGE)"))[0] == (
                "* STATUS INBOX (DELETED 1 DELETED-STORAGE 4)"
            )
            await client.runs("CREATE Kept")
            assert (await client.runs("MOVE 1 Kept"))[-1].startswith("t OK ")
        async with agent.imap_client("juan") as client:
            assert (await client.runs('GETQUOTA ""'))[0] == '* QUOTA "" (STORAGE 0 976)'
