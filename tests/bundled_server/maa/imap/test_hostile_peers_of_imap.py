"""What a hostile client tries on an IMAP port; afterwards the connection goes on, or says why it does not."""

from base64 import b64encode

import msgspec
import pytest

from bundled_server.config import Limits


async def is_well(client) -> bool:
    return (await client.runs("NOOP", "ok"))[-1].startswith("ok OK")


@pytest.mark.parametrize(
    "size", ["{}", "{-1}", "{9999999999}", "{99999999999999999999999}", "{5000}", "{1 2}", "{x}"]
)
async def test_absurd_literals_get_a_tagged_bad(agent, size):
    async with agent.imap_client(user="") as client:
        await client.types(f"a LOGIN {size}")
        assert (await client.reads()).startswith("a BAD ")
        assert await is_well(client)


async def test_a_message_beyond_the_limit_is_refused_before_it_is_sent(agent):
    async with agent.imap_client() as client:
        assert (await client.runs("APPEND INBOX {52428801}"))[-1].startswith("t NO [TOOBIG] ")
        await client.types("u APPEND INBOX {3}")
        assert (await client.reads()).startswith("+ ")
        await client.types("a\0b")
        assert (await client.reads()).startswith("u BAD ")
        assert await is_well(client)


async def test_nul_in_a_literal8_is_refused_by_its_own_code(agent):
    async with agent.imap_client() as client:
        client.sends(b"t APPEND INBOX ~{15+}\r\nSubject: \0\r\n\r\nb\r\n")
        assert (await client.reads()).startswith("t NO [UNKNOWN-CTE] ")
        client.sends(b"t SELECT ~{3+}\r\na\0b\r\n")
        assert (await client.reads()).startswith("t BAD ")
        assert await is_well(client)


async def test_refused_literal_octets_never_run(agent, make_message):
    evil = b"x DELETE Kept\r\n" * 1000
    async with agent.imap_client() as client:
        await client.runs("CREATE Kept")
        for start in (b"a LOGIN x {%d+}\r\n", b"a NOSUCH {%d+}\r\n", b"a CREATE {2+}\r\n\0\0 {%d+}\r\n"):
            client.sends(start % len(evil) + evil + b"\r\n")
            assert (await client.reads()).startswith("a BAD ")
        listed = await client.runs('LIST "" Kept')
        assert listed[0].endswith("Kept")


@pytest.mark.parametrize(
    "command",
    [
        "SEARCH " + "(" * 5000 + "ALL" + ")" * 5000,
        "SEARCH " + "NOT " * 10_000 + "ALL",
        "SEARCH " + "OR ALL " * 5000 + "ALL",
        "FETCH " + "1," * 25_000 + "1 FLAGS",
        "FETCH 1 BODY[" + "1." * 5000 + "1]",
        "FETCH 1 (" * 3000,
        "FETCH 1 BODY[HEADER.FIELDS (" + "x " * 22_000 + "x)]",
        "STORE 1 FLAGS (" + "a " * 22_000 + "a)",
        "FETCH 1 BODY[]\0",
        "FETCH 1 BINARY[" + "1." * 5000 + "1]",
        "FETCH 1 FLAGS (CHANGEDSINCE 99999999999999999999999)",
        "STORE 1 (UNCHANGEDSINCE -1) FLAGS ()",
        "SELECT INBOX (" + "CONDSTORE " * 5000 + "X)",
        "SELECT INBOX (QRESYNC (1 " + "9" * 5000 + "))",
        "SORT (" + "DATE " * 5000 + "DATE) UTF-8 ALL",
        "SORT (DATE) UTF-8 " + "(" * 5000 + "ALL" + ")" * 5000,
        "THREAD REFERENCES UTF-8 " + "OR ALL " * 5000 + "ALL",
        "LIST (" + "REMOTE " * 5000 + "X) x *",
        "LIST x (" + "* " * 5000 + "*)",
        "LIST x * RETURN (" + "STATUS " * 5000 + ")",
        "STATUS INBOX (" + "SIZE " * 5000 + "X)",
        "CREATE x (USE (" + "\\Sent " * 5000 + "\\Bogus" + "x" * 300,
        "ENABLE " + "x " * 25_000 + "(",
        "x" * 100_000,
    ],
    ids=lambda command: command[:20],
)
async def test_floods_of_structure_are_refused(agent, make_message, command):
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs(command))[-1].startswith("t BAD ")
        assert await is_well(client)


@pytest.mark.parametrize(
    "name",
    ["..", "a/../b", "/etc/passwd", "a//b", ".", "&", "&A-", "a&AAA-", '"&ABs-"', "a/" * 40, '""']
    + ["x" * 10_000, '"caf\u00e9"'],
    ids=lambda name: name[:12],
)
async def test_impossible_mailbox_names_get_no(agent, name):
    async with agent.imap_client() as client:
        answer = (await client.runs(f"CREATE {name}"))[-1]
        assert answer.startswith(("t NO ", "t BAD "))
        assert answer.startswith("t NO ") or not name.isascii()
        assert (await client.runs(f"SELECT {name}"))[-1].startswith(("t NO ", "t BAD "))
        assert await is_well(client)


async def test_malformed_base64_fails_that_login_only(agent):
    async with agent.imap_client(user="") as client:
        assert (await client.runs("AUTHENTICATE PLAIN ????"))[-1].startswith("t NO [AUTHENTICATIONFAILED] ")
        await client.types("a AUTHENTICATE PLAIN")
        assert await client.reads() == "+ "
        await client.types("*")
        assert (await client.reads()).startswith("a BAD ")
        assert (await client.runs("AUTHENTICATE KLINGON"))[-1].startswith("t NO ")
        assert (await client.runs("AUTHENTICATE PLAIN ="))[-1].startswith("t NO ")
        other = b64encode(b"juan\0alice\x00123456").decode()
        assert (await client.runs(f"AUTHENTICATE PLAIN {other}"))[-1].startswith("t NO ")
        right = b64encode(b"\0alice\x00123456").decode()
        assert (await client.runs(f"AUTHENTICATE PLAIN {right}"))[-1].startswith("t OK [CAPABILITY ")


async def test_wrong_passwords_and_unknown_users_read_the_same_and_are_slowed_down(agent_with):
    limits = msgspec.structs.replace(Limits(), login_failures_per_minute=3)
    async with agent_with(limits=limits) as agent, agent.imap_client(user="") as client:
        wrong = await client.runs("LOGIN alice wrong")
        unknown = await client.runs("LOGIN nobody wrong")
        assert wrong == unknown == ["t NO [AUTHENTICATIONFAILED] authentication failed"]
        await client.runs("LOGIN nobody wrong")
        assert (await client.runs("LOGIN alice 123456"))[-1].startswith("t NO [UNAVAILABLE] ")


async def test_secrets_are_masked_and_lines_escaped_in_the_journal(agent):
    async with agent.imap_client(user="") as client:
        await client.runs("LOGIN alice hunter2")
        await client.runs("LOGIN {5+}\r\nalice {7+}\r\nhunter2")
        await client.runs("NOSUCH \x1b]0;title\x07 hunter2")
    texts = [event.text for event in agent.journal.recent()]
    assert not any("hunter2" in text or "\x1b" in text for text in texts)
    assert any("LOGIN ********" in text for text in texts)


async def test_a_client_that_does_not_read_holds_only_itself_back(agent, make_message):
    await agent.deliver(*(make_message(str(number), "x" * 100_000 + "\r\n") for number in range(40)))
    async with agent.imap_client(mailbox="INBOX") as deaf, agent.imap_client(mailbox="INBOX") as other:
        await deaf.types(*(f"a{number} FETCH 1:* BODY.PEEK[]" for number in range(20)))
        for _ in range(20):
            assert await is_well(other)
        assert len(await other.runs("UID FETCH 1:* FLAGS")) == 41


async def test_silence_before_login_ends_the_connection(agent_with):
    limits = msgspec.structs.replace(Limits(), login_seconds=0.05)
    async with agent_with(limits=limits) as agent, agent.imap_client(user="") as client:
        assert (await client.reads()).startswith("* BYE ")
        assert await client.sees_the_end()


async def test_errors_in_a_row_end_the_connection(agent_with):
    limits = msgspec.structs.replace(Limits(), imap_errors=5)
    async with agent_with(limits=limits) as agent, agent.imap_client(user="") as client:
        await client.types(*["a BAD"] * 9)
        heard = [await client.reads() for _ in range(6)]
        assert [line[:5] for line in heard] == ["a BAD"] * 5 + ["* BYE"]
        assert await client.sees_the_end()


async def test_nothing_is_shown_before_login(agent):
    async with agent.imap_client(user="") as client:
        for command in (
            "SELECT INBOX",
            'LIST "" *',
            "FETCH 1 FLAGS",
            "APPEND INBOX {3+}\r\nabc",
            "IDLE",
            "STATUS a (UNSEEN)",
        ):
            assert (await client.runs(command))[-1].startswith("t BAD ")


async def test_passwords_need_tls_off_loopback(agent_with, address_off_loopback):
    async with agent_with(listen=address_off_loopback) as agent, agent.imap_client(user="") as client:
        capabilities = (await client.runs("CAPABILITY"))[0]
        assert "LOGINDISABLED" in capabilities
        assert "AUTH=PLAIN" not in capabilities
        assert (await client.runs("LOGIN alice 123456"))[-1].startswith("t NO [PRIVACYREQUIRED] ")
        assert (await client.runs("AUTHENTICATE PLAIN"))[-1].startswith("t NO [PRIVACYREQUIRED] ")
    async with agent_with(listen=address_off_loopback, insecure_auth=True) as agent, agent.imap_client():
        pass


async def test_starttls_forgets_what_came_before_it(agent_with, certificate):
    context, trust = certificate
    async with agent_with(tls=context) as agent, agent.imap_client(user="") as client:
        client.sends(b"a STARTTLS\r\nb LOGIN alice 123456\r\n")
        assert (await client.reads()).startswith("a OK ")
        await client.writer.start_tls(trust, server_hostname="localhost")
        answer = await client.runs("CAPABILITY", "c")
        assert not any(line.startswith("b ") for line in answer)
        assert "STARTTLS" not in answer[0]
        assert (await client.runs("STARTTLS"))[-1].startswith("t BAD ")
        assert (await client.runs("LOGIN alice 123456"))[-1].startswith("t OK ")


async def test_one_message_in_hundreds_of_slices_is_refused(agent_with, make_message):
    limits = msgspec.structs.replace(Limits(), message_size_octets=10_000)
    async with agent_with(limits=limits) as agent:
        await agent.deliver(make_message("large", "x" * 9000 + "\r\n"))
        async with agent.imap_client(mailbox="INBOX") as client:
            slices = " ".join(f"BODY.PEEK[]<{start}.9000>" for start in range(50))
            assert (await client.runs(f"FETCH 1 ({slices})"))[-1].startswith("t NO [LIMIT]")
            slices = " ".join(f"BODY.PEEK[]<{start}.100>" for start in range(0, 9000, 100))
            assert (await client.runs(f"FETCH 1 ({slices})"))[-1] == "t OK FETCH completed"
            many = " ".join(f"BODY.PEEK[{number}]" for number in range(1, 300))
            assert (await client.runs(f"FETCH 1 ({many})"))[-1].startswith("t BAD")


async def test_unknown_system_flags_are_refused(agent, make_message):
    await agent.deliver(make_message())
    async with agent.imap_client(mailbox="INBOX") as client:
        assert (await client.runs("STORE 1 +FLAGS \\Nonsense"))[-1].startswith("t BAD")
        assert (await client.runs("STORE 1 +FLAGS \\Recent"))[-1] == "t OK STORE completed"
