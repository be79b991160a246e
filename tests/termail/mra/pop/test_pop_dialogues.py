"""POP3 dialogues with servers good and bad."""

import pytest

from termail.mra.errors import Insecure
from termail.mra.pop.connection import pop_connection
from termail.mra.pop.errors import PopGone, PopLoginRefused
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context

LOGIN = "S: +OK hello\nC: USER alice\nS: +OK\nC: PASS 123456\nS: +OK in\n"
HELLO = LOGIN + "C: CAPA\nS: +OK\nS: UIDL\nS: .\n"


@pytest.fixture
def opened(scripted, certificate):
    async def connect(script: str, security: Security = Security.NONE, **more):
        server = await scripted(script, tls=security is Security.TLS)
        endpoint = Endpoint("pop3", security, "alice", "127.0.0.1", server.port)
        return pop_connection(endpoint, lambda: client_context(str(certificate.path)), "123456", **more)

    return connect


async def test_messages_are_listed_and_fetched_with_their_dots_taken_off(opened) -> None:
    script = (
        HELLO
        + """
    C: UIDL
    S: +OK
    S: 1 aaa
    S: nonsense
    S: 3 ccc
    S: .
    C: RETR 1
    S: +OK
    S: Subject: x
    S: ..dot
    S: .
    C: RETR 3
    S: -ERR gone
    C: QUIT
    S: +OK bye
    """
    )
    async with await opened(script) as pop:
        assert await pop.unique_ids() == {"aaa": 1, "ccc": 3}
        assert [found async for found in pop.retrieve([1, 3])] == [(1, b"Subject: x\r\n.dot\r\n")]


async def test_an_old_server_without_capa_works(opened) -> None:
    async with await opened(LOGIN + "C: CAPA\nS: -ERR what\nC: QUIT\nS: +OK") as pop:
        assert not pop.offers("PIPELINING")


async def test_retrievals_go_ahead_where_the_server_allows(opened) -> None:
    script = HELLO.replace("UIDL", "PIPELINING") + "C: RETR 1\nC: RETR 2\nC: RETR 3\n" + "S: +OK\nS: x\nS: .\n" * 3
    async with await opened(script + "C: QUIT\nS: +OK") as pop:
        assert len([number async for number, _ in pop.retrieve([1, 2, 3])]) == 3


async def test_stls_protects_the_password(opened) -> None:
    script = "S: +OK hello\nC: STLS\nS: +OK go\nTLS\n" + HELLO.removeprefix("S: +OK hello\n") + "C: QUIT\nS: +OK"
    async with await opened(script, Security.STARTTLS):
        pass


async def test_a_stripped_stls_is_refused(opened) -> None:
    with pytest.raises(Insecure, match="no STLS"):
        async with await opened("S: +OK hello\nC: STLS\nS: -ERR unknown\nSTAY", Security.STARTTLS):
            pass


async def test_a_wrong_password_and_a_locked_mailbox_are_told_apart(opened) -> None:
    for reply, error in (("-ERR wrong", PopLoginRefused), ("-ERR [IN-USE] locked", PopGone)):
        with pytest.raises(error):
            async with await opened(f"S: +OK\nC: USER\nS: +OK\nC: PASS\nS: {reply}\nSTAY"):
                pass


@pytest.mark.parametrize("rest", ["CLOSE", "S: HTTP/1.1 400\nSTAY", "S: +OK\nS: 1 a\nCLOSE"])
async def test_a_server_that_breaks_off_is_weather(opened, rest: str) -> None:
    with pytest.raises(PopGone):
        async with await opened(HELLO + "C: UIDL\n" + rest) as pop:
            await pop.unique_ids()


async def test_a_line_without_end_is_bounded(opened) -> None:
    with pytest.raises(PopGone, match="without end"):
        async with await opened(HELLO + "C: UIDL\nS: +OK\nS: " + "x" * 1_200_000 + "\nSTAY") as pop:
            await pop.unique_ids()


async def test_a_user_name_cannot_smuggle_a_command(scripted) -> None:
    server = await scripted("S: +OK hello\nSTAY")
    endpoint = Endpoint("pop3", Security.NONE, "a\r\nDELE 1", "127.0.0.1", server.port)
    with pytest.raises(ValueError, match="control character"):
        async with pop_connection(endpoint, client_context, "x"):
            pass


async def test_secrets_never_reach_the_tap(opened) -> None:
    said: list[str] = []
    async with await opened(HELLO + "C: QUIT\nS: +OK", tap=lambda direction, text: said.append(text)):
        pass
    assert "PASS ****" in said
    assert not any("123456" in line for line in said)


async def test_a_token_goes_by_xoauth2(opened) -> None:
    script = "S: +OK hello\nC: AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciAxMjM0NTYBAQ==\nS: +OK in\n"
    async with await opened(script + "C: CAPA\nS: +OK\nS: .\nC: QUIT\nS: +OK", is_token=True):
        pass


async def test_a_token_that_is_refused_is_a_refused_login(opened) -> None:
    script = "S: +OK hello\nC: AUTH XOAUTH2\nS: + eyJzdGF0dXMiOiI0MDAifQ==\nC:\nS: -ERR token expired\n"
    with pytest.raises(PopLoginRefused, match="token expired"):
        async with await opened(script, is_token=True):
            pass
