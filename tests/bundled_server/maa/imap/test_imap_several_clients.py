"""Several clients on one mailbox: who hears what, when, and under which number."""

import asyncio
import re


async def test_idle_hears_of_a_delivery_and_of_an_expunge(agent, make_message):
    async with agent.imap_client(mailbox="INBOX") as idler, agent.imap_client(mailbox="INBOX") as other:
        await idler.types("i IDLE")
        assert (await idler.reads()).startswith("+ ")
        await agent.deliver(make_message())
        assert await idler.reads() == "* 1 EXISTS"
        assert await idler.reads() == "* 1 RECENT"
        await other.runs("NOOP")
        await other.runs("STORE 1 +FLAGS \\Deleted")
        assert re.fullmatch(r"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted \\Recent\)\)", await idler.reads())
        await other.runs("EXPUNGE")
        assert await idler.reads() == "* 1 EXPUNGE"
        await idler.types("DONE")
        assert await idler.reads() == "i OK IDLE completed"
        await idler.types("j IDLE")
        assert (await idler.reads()).startswith("+ ")
        await idler.types("k NOOP")
        assert (await idler.reads()).startswith("j BAD ")


async def test_recent_belongs_to_one_session(agent, make_message):
    await agent.deliver(make_message())
    async with agent.imap_client() as first, agent.imap_client() as second:
        assert "* 1 RECENT" in await first.runs("SELECT INBOX")
        assert "* 0 RECENT" in await second.runs("SELECT INBOX")
        await agent.deliver(make_message())
        assert await second.runs("NOOP") == ["* 2 EXISTS", "* 1 RECENT", "t OK NOOP completed"]
        assert await first.runs("NOOP") == ["* 2 EXISTS", "* 1 RECENT", "t OK NOOP completed"]
        assert (await first.runs("SEARCH RECENT"))[0] == "* SEARCH 1"
        assert (await second.runs("SEARCH RECENT"))[0] == "* SEARCH 2"


async def test_numbers_keep_their_meaning_until_an_expunge_may_be_told(agent, make_message):
    await agent.deliver(*(make_message(f"number {number}") for number in range(1, 6)))
    async with agent.imap_client(mailbox="INBOX") as reader, agent.imap_client(mailbox="INBOX") as remover:
        await remover.runs("STORE 2,4 +FLAGS.SILENT \\Deleted")
        assert await remover.runs("EXPUNGE") == ["* 4 EXPUNGE", "* 2 EXPUNGE", "t OK EXPUNGE completed"]
        fetched = await reader.runs("FETCH 1:5 UID")
        assert fetched[:-1] == [f"* {number} FETCH (UID {number})" for number in range(1, 6)]
        fetched = await reader.runs("FETCH 1:5 ENVELOPE")
        assert [line.split()[1] for line in fetched[:-1]] == ["1", "3", "5"]
        assert fetched[-1].startswith("t NO [EXPUNGEISSUED] ")
        stored = await reader.runs("STORE 3 +FLAGS \\Seen")
        assert stored == ["* 3 FETCH (FLAGS (\\Recent \\Seen))", "t OK STORE completed"]
        assert not any("EXPUNGE" in line for line in await reader.runs("SEARCH ALL"))
        assert (await reader.runs("COPY 2 INBOX"))[-1].startswith("t NO [EXPUNGEISSUED]")
        assert await reader.runs("UID FETCH 5 FLAGS") == [
            "* 5 FETCH (UID 5 FLAGS (\\Recent))",
            "* 4 EXPUNGE",
            "* 2 EXPUNGE",
            "t OK UID FETCH completed",
        ]
        assert (await reader.runs("FETCH 2 UID"))[0] == "* 2 FETCH (UID 3)"


async def test_flag_changes_reach_the_others_once_and_not_their_author(agent, make_message):
    await agent.deliver(make_message(), make_message())
    async with agent.imap_client(mailbox="INBOX") as author, agent.imap_client(mailbox="INBOX") as other:
        assert await author.runs("STORE 2 +FLAGS.SILENT \\Flagged") == ["t OK STORE completed"]
        assert await author.runs("NOOP") == ["t OK NOOP completed"]
        assert await other.runs("NOOP") == ["* 2 FETCH (UID 2 FLAGS (\\Flagged))", "t OK NOOP completed"]
        assert await other.runs("NOOP") == ["t OK NOOP completed"]


async def test_reading_a_body_sets_seen_once(agent, make_message):
    await agent.deliver(make_message(), make_message())
    async with agent.imap_client(mailbox="INBOX") as reader:
        assert (await reader.runs("FETCH 1 BODY.PEEK[TEXT]"))[1:] == ["A line", ")", "t OK FETCH completed"]
        assert (await reader.runs("FETCH 1 BODY[TEXT]"))[1:-1] == ["A line", " FLAGS (\\Recent \\Seen))"]
        assert (await reader.runs("FETCH 1 BODY[TEXT]"))[1:-1] == ["A line", ")"]
        assert (await reader.runs("FETCH 2 RFC822.HEADER"))[-2] == ")"
        assert (await reader.runs("SEARCH UNSEEN"))[0] == "* SEARCH 2"
        assert await reader.runs("NOOP") == ["t OK NOOP completed"]


async def test_pipelined_commands_are_answered_in_order(agent, make_message):
    await agent.deliver(*(make_message(str(number), "x" * 3000) for number in range(200)))
    async with agent.imap_client(mailbox="INBOX") as client:
        await client.types(
            "a NOOP", "b FETCH 1:* (BODY.PEEK[])", "c UID SEARCH ALL", "d STORE 1 +FLAGS \\Seen", "e NOOP"
        )
        tagged = [line for line in await client.reads_until("e ") if re.match(r"[a-e] ", line)]
        assert tagged == [
            "a OK NOOP completed",
            "b OK FETCH completed",
            "c OK UID SEARCH completed",
            "d OK STORE completed",
            "e OK NOOP completed",
        ]


async def test_many_clients_change_one_mailbox_and_agree_in_the_end(agent, make_message):
    await agent.deliver(*(make_message(str(number)) for number in range(40)))

    async def works(number: int) -> list[str]:
        async with agent.imap_client(mailbox="INBOX") as client:
            for uid in range(number, 41, 8):
                await client.runs(f"UID STORE {uid} +FLAGS ($w{number} \\Deleted)")
                await client.runs(f"UID FETCH 1:{uid} (FLAGS ENVELOPE)")
                if uid % 3 == 0:
                    await client.runs(f"UID EXPUNGE {uid}")
                await agent.deliver(make_message("more"))
            return []

    await asyncio.gather(*(works(number) for number in range(1, 9)))
    seen = []
    for _ in range(2):
        async with agent.imap_client(mailbox="INBOX") as client:
            seen.append((await client.runs("UID SEARCH ALL"))[0])
            assert (await client.runs("UID SEARCH DELETED"))[0].count(" ") == 1 + 40 - 13
    assert seen[0] == seen[1]


async def test_deleting_a_mailbox_ends_the_sessions_in_it(agent):
    async with agent.imap_client() as first, agent.imap_client() as second:
        await first.runs("CREATE Gone")
        await second.runs("SELECT Gone")
        await first.runs("DELETE Gone")
        assert (await second.runs("NOOP"))[0].startswith("* BYE ")
