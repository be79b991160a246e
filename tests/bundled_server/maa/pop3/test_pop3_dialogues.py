"""POP3 dialogues over real sockets."""

import asyncio
import poplib

import msgspec
import pytest

from bundled_server.config import Limits


async def asked(dialogue, command: str, *, lines: bool = False) -> str:
    await dialogue.types(command)
    reply = await dialogue.reads()
    while lines and not reply.endswith("\n."):
        reply += "\n" + await dialogue.reads()
    return reply


async def test_the_lectures_dialogue(agent, make_message):
    await agent.deliver(make_message("one"), make_message("two", ".dot\r\n..\r\nlast"))
    async with agent.pop3_client(user="") as person:
        assert await asked(person, "user alice") == "+OK User name accepted, password please"
        assert await asked(person, "pass 123456") == "+OK Mailbox open, 2 messages"
        assert await asked(person, "NOEXIST") == "-ERR Unknown TRANSACTION state command"
        listing = await asked(person, "LIST", lines=True)
        assert listing.startswith("+OK Mailbox scan listing follows\n1 ")
        top = await asked(person, "TOP 2 1", lines=True)
        assert top.startswith("+OK Top of message follows\nFrom: Bob <bob@other.test>\n")
        assert top.endswith("\n\n..dot\n.")
        whole = await asked(person, "RETR 2")
        assert whole.startswith("+OK ")
        assert (await person.reads_until("..dot"))[-2:] == ["", "..dot"]
        assert [await person.reads() for _ in range(3)] == ["...", "last", "."]
        assert await asked(person, "QUIT") == "+OK Sayonara"
        assert await person.sees_the_end()


async def test_messages_go_at_quit_and_not_before(agent, make_message):
    await agent.deliver(make_message("one"), make_message("two"))
    async with agent.pop3_client() as person:
        ids = await asked(person, "UIDL", lines=True)
        assert await asked(person, "DELE 1") == "+OK Message deleted"
        assert (await asked(person, "DELE 1")).startswith("-ERR")
        assert (await asked(person, "RETR 1")).startswith("-ERR")
        assert (await asked(person, "STAT")).startswith("+OK 1 ")
        person.writer.write_eof()  # without QUIT nothing is removed (RFC 1939 §6)
        assert await person.sees_the_end()
    async with agent.pop3_client() as person:
        assert await asked(person, "UIDL", lines=True) == ids
        await asked(person, "DELE 1")
        assert (await asked(person, "RSET")).startswith("+OK")
        assert (await asked(person, "STAT")).startswith("+OK 2 ")
        await asked(person, "DELE 1")
        assert await asked(person, "QUIT") == "+OK Sayonara"
    async with agent.pop3_client() as person:
        left = await asked(person, "UIDL", lines=True)
        assert left.split("\n")[1].split()[1] == ids.split("\n")[2].split()[1]


async def test_a_maildrop_is_held_by_one_session(agent):
    async with agent.pop3_client() as first, agent.pop3_client(user="") as second:
        await asked(second, "USER alice")
        assert (await asked(second, "PASS 123456")).startswith("-ERR [IN-USE] ")
        await asked(first, "QUIT")
        await asked(second, "USER alice")
        assert (await asked(second, "PASS 123456")).startswith("+OK")
        assert (await asked(second, "STAT")) == "+OK 0 0"


async def test_a_message_that_imap_removed_is_an_error_and_no_crash(agent, make_message):
    await agent.deliver(make_message("one"))
    async with agent.pop3_client() as pop, agent.imap_client(mailbox="INBOX") as imap:
        await imap.runs("STORE 1 +FLAGS \\Deleted")
        await imap.runs("EXPUNGE")
        assert (await asked(pop, "RETR 1")).startswith("-ERR")
        assert (await asked(pop, "DELE 1")).startswith("+OK")
        assert (await asked(pop, "QUIT")).startswith("+OK")


async def test_pipelined_commands_are_answered_in_order(agent, make_message):
    await agent.deliver(*(make_message(str(number)) for number in range(20)))
    async with agent.pop3_client() as person:
        await person.types("STAT", "LIST 2", "RETR 1", "DELE 1", "STAT", "NOEXIST", "QUIT")
        assert (await person.reads()).startswith("+OK 20 ")
        assert (await person.reads()).startswith("+OK 2 ")
        await person.reads_until(".")
        assert await person.reads() == "+OK Message deleted"
        assert (await person.reads()).startswith("+OK 19 ")
        assert (await person.reads()).startswith("-ERR")
        assert await person.reads() == "+OK Sayonara"


@pytest.mark.parametrize(
    "line",
    [
        "RETR",
        "RETR x",
        "RETR 0",
        "RETR 9",
        "RETR 99999999999",
        "TOP 1",
        "TOP 1 -1",
        "LIST 0",
        "DELE 1 1",
        "",
        "\x01",
    ],
)
async def test_bad_arguments_are_errors(agent, make_message, line):
    await agent.deliver(make_message())
    async with agent.pop3_client() as person:
        assert (await asked(person, line)).startswith("-ERR")
        assert (await asked(person, "NOOP")).startswith("+OK")


async def test_long_lines_are_refused_and_the_dialogue_goes_on(agent):
    async with agent.pop3_client() as person:
        assert (await asked(person, "NOOP " + "x" * 300_000)).startswith("-ERR")
        assert (await asked(person, "NOOP")).startswith("+OK")


async def test_sasl_plain_logs_in_and_bad_base64_fails_only_itself(agent):
    async with agent.pop3_client(user="") as person:
        assert (await asked(person, "AUTH PLAIN ???")).startswith("-ERR [AUTH]")
        assert (await asked(person, "AUTH PLAIN")) == "+ "
        assert (await asked(person, "*")).startswith("-ERR")
        assert (await asked(person, "AUTH KLINGON")).startswith("-ERR")
        capabilities = await asked(person, "CAPA", lines=True)
        assert "SASL SCRAM-SHA-256 PLAIN" in capabilities
        assert "PIPELINING" in capabilities
        assert (await asked(person, "AUTH PLAIN AGFsaWNlADEyMzQ1Ng==")) == "+OK Mailbox open, 0 messages"


async def test_poplib_reads_the_mailbox(agent, make_message):
    await agent.deliver(make_message("one", ".\r\n..\r\nx\r\n"))

    def read() -> bytes:
        client = poplib.POP3("127.0.0.1", agent.pop3.port, timeout=60)
        client.user("alice@cities.org")
        client.pass_("123456")
        assert client.stat()[0] == 1
        lines = client.retr(1)[1]
        client.quit()
        return b"\r\n".join(lines) + b"\r\n"

    assert await asyncio.to_thread(read) == make_message("one", ".\r\n..\r\nx\r\n")


async def test_errors_in_a_row_end_the_session(agent_with):
    async with (
        agent_with(limits=msgspec.structs.replace(Limits(), pop3_errors=5)) as agent,
        agent.pop3_client() as c,
    ):
        await c.types(*["BAD"] * 6)
        assert [await c.reads() for _ in range(5)] == ["-ERR Unknown TRANSACTION state command"] * 5
        assert await c.sees_the_end()


async def test_what_was_read_by_pop_is_seen_in_imap(agent, make_message):
    await agent.deliver(make_message("one"), make_message("two"))
    async with agent.pop3_client() as person:
        await person.types("RETR 1", "QUIT")
        await person.reads_until("+OK Sayonara")
    async with agent.imap_client(mailbox="INBOX") as imap:
        assert (await imap.runs("SEARCH SEEN"))[0] == "* SEARCH 1"
