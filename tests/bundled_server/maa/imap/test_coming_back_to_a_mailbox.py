"""CONDSTORE and QRESYNC between clients: who was away learns exactly what it missed (RFC 7162)."""

import re


def number_after(word, lines):
    return next(int(found[1]) for line in lines if (found := re.search(rf"\[{word} (\d+)\]", line)))


async def test_who_was_away_hears_what_vanished_and_what_changed(agent, make_message):
    await agent.deliver(*(make_message(str(number)) for number in range(6)))
    async with agent.imap_client() as away:
        first = await away.runs("SELECT INBOX")
        await away.runs("LOGOUT")
    validity, modseq = number_after("UIDVALIDITY", first), number_after("HIGHESTMODSEQ", first)
    async with agent.imap_client(mailbox="INBOX") as other:
        await other.runs("UID STORE 2,3,6 +FLAGS.SILENT (\\Deleted)")
        await other.runs("EXPUNGE")
        await other.runs("UID STORE 4 +FLAGS.SILENT (\\Seen)")
        await agent.deliver(make_message("new"))
        await other.runs("NOOP")
    async with agent.imap_client() as back:
        assert (await back.runs(f"SELECT INBOX (QRESYNC ({validity} {modseq}))"))[-1].startswith("t BAD")
        await back.runs("ENABLE QRESYNC")
        lines = await back.runs(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
        assert "* VANISHED (EARLIER) 2:3,6" in lines
        assert [line.split(" MODSEQ")[0] for line in lines if " FETCH " in line] == [
            "* 2 FETCH (UID 4 FLAGS (\\Seen)",
            "* 4 FETCH (UID 7 FLAGS ()",
        ]
        lines = await back.runs(f"SELECT INBOX (QRESYNC ({validity} {modseq} 3:4 (1 1)))")
        assert lines[0].startswith("* OK [CLOSED]")
        assert "* VANISHED (EARLIER) 3" in lines
        assert [line.split(" FLAGS")[0] for line in lines if " FETCH " in line] == ["* 2 FETCH (UID 4"]
        lines = await back.runs(f"SELECT INBOX (QRESYNC ({validity + 1} {modseq}))")
        assert not any("VANISHED" in line or "FETCH" in line for line in lines)
        highest = number_after("HIGHESTMODSEQ", lines)
        lines = await back.runs(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {highest} VANISHED)")
        assert len(lines) == 1


async def test_others_see_vanished_and_modseq_as_they_asked_for(agent, make_message):
    await agent.deliver(*(make_message(str(number)) for number in range(4)))
    async with (
        agent.imap_client(mailbox="INBOX") as plain,
        agent.imap_client() as aware,
        agent.imap_client() as quick,
    ):
        await aware.runs("SELECT INBOX (CONDSTORE)")
        await quick.runs("ENABLE QRESYNC")
        await quick.runs("SELECT INBOX")
        assert await plain.runs("STORE 1 +FLAGS.SILENT \\Deleted") == ["t OK STORE completed"]
        (line, _) = await aware.runs("NOOP")
        assert re.fullmatch(r"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted\) MODSEQ \(\d+\)\)", line)
        await plain.runs("EXPUNGE")
        assert (await aware.runs("NOOP"))[0] == "* 1 EXPUNGE"
        lines = await quick.runs("FETCH 1:4 UID")
        assert not any("VANISHED" in line for line in lines), "not while sequence numbers are in use"
        assert (await quick.runs("NOOP"))[0] == "* VANISHED 1"


async def test_a_conditional_store_spares_what_somebody_else_changed(agent, make_message):
    await agent.deliver(*(make_message(str(number)) for number in range(3)))
    async with agent.imap_client() as one, agent.imap_client(mailbox="INBOX") as two:
        highest = number_after("HIGHESTMODSEQ", await one.runs("SELECT INBOX (CONDSTORE)"))
        await two.runs("STORE 2 +FLAGS.SILENT (\\Flagged)")
        lines = await one.runs(f"STORE 1:3 (UNCHANGEDSINCE {highest}) +FLAGS (\\Seen)")
        assert lines[-1].startswith("t OK [MODIFIED 2]")
        told = [line.split(" MODSEQ")[0] for line in lines[:-1]]
        assert told[:2] == ["* 1 FETCH (FLAGS (\\Seen)", "* 3 FETCH (FLAGS (\\Seen)"]
        assert told[2] == "* 2 FETCH (UID 2 FLAGS (\\Flagged)", "the client learns what it did not know"


async def test_learning_of_modseqs_with_a_mailbox_open_tells_where_it_stands(agent, make_message):
    await agent.deliver(make_message("one"))
    async with agent.imap_client(mailbox="INBOX") as client:
        lines = await client.runs("ENABLE CONDSTORE")
        assert lines[0] == "* ENABLED CONDSTORE"
        assert lines[1].startswith("* OK [HIGHESTMODSEQ ")
