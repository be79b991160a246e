"""A disk that takes nothing more: mail can still be read, what cannot be done is answered with the reason."""


async def test_mail_is_read_and_changes_are_refused_by_imap(agent_with, make_message):
    async with agent_with() as agent:
        await agent.deliver(make_message())
        agent.store.is_full = True
        async with agent.imap_client(mailbox="INBOX") as client:
            assert (await client.runs("FETCH 1 BODY[TEXT]"))[1:] == ["A line", ")", "t OK FETCH completed"]
            refused = "t NO [UNAVAILABLE] try again later: the disk is full"
            for command in ("STORE 1 +FLAGS \\Seen", "CREATE x", "APPEND INBOX {6+}\r\na: b\r\n", "COPY 1 INBOX"):
                assert await client.runs(command) == [refused]
            assert (await client.runs("NOOP")) == ["t OK NOOP completed"]
            agent.store.is_full = False
            assert (await client.runs("STORE 1 +FLAGS \\Seen"))[-1] == "t OK STORE completed"


async def test_mail_is_read_and_deletions_are_refused_by_pop3(agent_with, make_message):
    async with agent_with() as agent:
        await agent.deliver(make_message())
        agent.store.is_full = True
        async with agent.pop3_client() as client:
            await client.types("RETR 1", "DELE 1", "QUIT")
            assert (await client.reads_until("."))[-1] == "."
            assert await client.reads() == "+OK Message deleted"
            assert (await client.reads()).startswith("-ERR [SYS/TEMP] some deleted messages were not removed")
            assert await client.sees_the_end()
        agent.store.is_full = False
        async with agent.pop3_client() as client:
            await client.types("STAT")
            assert (await client.reads()).startswith("+OK 1 ")
