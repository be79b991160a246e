"""Moving mail into and out of Junk and setting junk keywords trains the classifier, once for each message."""

import pytest

from bundled_server.filters.bayes.bayes import digest_of
from bundled_server.mailbox.changes import CreateMailbox
from bundled_server.mailbox.training import Kind, Training


@pytest.fixture
async def folders(agent):
    for name, use in (("Junk", "\\Junk"), ("Trash", "\\Trash"), ("Kept", "")):
        await agent.store.commit(CreateMailbox("alice", name, use))


async def learned(agent, owner: str = "alice") -> Training:
    await agent.school.rest()
    return await agent.store.training(owner)


async def test_a_move_into_junk_is_spam_and_back_is_ham(agent, make_message, folders):
    message = make_message("cheap pills")
    await agent.deliver(message, make_message("lunch"))
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("MOVE 1 Junk"))[-1] == "t OK MOVE completed"
        assert await learned(agent) == Training(1, 0)
        assert (await agent.store.trained_tokens("alice", ["subject:pills"]))["subject:pills"].spam == 1
        await client.runs("SELECT Junk")
        await client.runs("UID MOVE 1 INBOX")
        assert await learned(agent) == Training(0, 1)
        assert await agent.store.trained_as("alice", digest_of(message)) is Kind.HAM
        assert await learned(agent, "juan") == Training(0, 0)


async def test_a_copy_counts_once_however_often_it_is_made(agent, make_message, folders):
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as client:
        await client.runs("COPY 1 Junk")
        await client.runs("UID COPY 1 Junk")
        await client.runs("STORE 1 +FLAGS.SILENT ($Junk)")
        assert await learned(agent) == Training(1, 0)


async def test_emptying_junk_into_trash_says_nothing_and_neither_does_a_delivery(agent, make_message, folders):
    await agent.deliver(make_message(), mailbox="Junk")
    async with agent.imap_client(mailbox="Junk") as client:
        await client.runs("COPY 1 Trash")
        await client.runs("MOVE 1 Trash")
        assert await learned(agent) == Training(0, 0)
        await client.runs("SELECT Trash")
        await client.runs("MOVE 1 Kept")
        assert await learned(agent) == Training(0, 0)


@pytest.mark.parametrize(
    ("first", "after_first", "second", "after_second"),
    [
        ("+FLAGS ($Junk)", Training(1, 0), "+FLAGS ($NotJunk)", Training(0, 1)),
        ("+FLAGS (NonJunk)", Training(0, 1), "+FLAGS (Junk)", Training(1, 0)),
        ("+FLAGS ($junk)", Training(1, 0), "-FLAGS ($Junk)", Training(0, 0)),
        ("+FLAGS ($NotJunk)", Training(0, 1), "-FLAGS ($Junk)", Training(0, 1)),
        ("FLAGS (\\Seen $Junk)", Training(1, 0), "FLAGS (\\Seen)", Training(1, 0)),
        ("+FLAGS ($Junk $NotJunk)", Training(0, 0), "+FLAGS (\\Flagged)", Training(0, 0)),
    ],
)
async def test_keywords_train_and_take_back(agent, make_message, first, after_first, second, after_second):
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs(f"STORE 1 {first}"))[-1] == "t OK STORE completed"
        assert await learned(agent) == after_first
        assert (await client.runs(f"UID STORE 1 {second}"))[-1] == "t OK UID STORE completed"
        assert await learned(agent) == after_second


async def test_a_client_that_moves_by_append_trains_too(agent, make_message, folders):
    message = make_message("cheap pills").decode()
    async with agent.imap_client() as client:

        async def append(mailbox: str) -> None:
            await client.types(f"a APPEND {mailbox} {{{len(message)}+}}\r\n{message}")
            assert (await client.reads_until("a "))[-1].startswith("a OK ")

        await append("Kept")
        assert await learned(agent) == Training(0, 0)
        await append("Junk")
        assert await learned(agent) == Training(1, 0)
        await append("Trash")
        assert await learned(agent) == Training(1, 0)
        await append("INBOX")
        assert await learned(agent) == Training(0, 1)


async def test_a_message_that_is_gone_before_it_was_learned_harms_nobody(agent, make_message, folders):
    agent.school.take("alice", Kind.SPAM, [987_654])
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as client:
        await client.runs("MOVE 1 Junk")
        assert await learned(agent) == Training(1, 0)
