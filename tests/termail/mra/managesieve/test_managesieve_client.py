"""The ManageSieve client against a server that follows a transcript, friendly and hostile."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from termail.mra.managesieve.connection import ScriptList, ScriptsConnection, scripts_connection
from termail.mra.managesieve.errors import ScriptsError, ScriptsGone, ScriptsRefused
from termail.net.endpoint import Endpoint, LocalPlace, Security, parse_retrieve, parse_sieve
from termail.net.trust import client_context

GREETING = b'"IMPLEMENTATION" "test"\r\n"SASL" "PLAIN"\r\n"SIEVE" "fileinto"\r\n"VERSION" "1.0"\r\nOK\r\n'
PLAIN = b64encode(b"\0alice\x00123456")

Play = Callable[[list[tuple[bytes, bytes]]], Awaitable[Endpoint]]


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """Start a server that expects and answers as told; every line it hears is checked."""
    servers: list[asyncio.Server] = []
    surprises: list[bytes] = []

    async def start(lines: list[tuple[bytes, bytes]]) -> Endpoint:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for expected, answer in lines:
                heard = await reader.read(len(expected)) if expected else b""
                if heard != expected:
                    surprises.append(heard)
                    break
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return Endpoint("sieve", Security.NONE, "alice", "127.0.0.1", server.sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()
    assert surprises == []


def login(*rest: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(b"", GREETING), (b'AUTHENTICATE "PLAIN" "%b"\r\n' % PLAIN, b"OK\r\n"), *rest]


LOGOUT = (b"LOGOUT\r\n", b"OK\r\n")


async def ask(endpoint: Endpoint, question: Callable[[ScriptsConnection], Awaitable[object]]) -> object:
    async with scripts_connection(endpoint, client_context, "123456") as connection:
        return await question(connection)


async def test_scripts_are_listed(play: Play) -> None:
    answer = b'"a \\"b\\"" ACTIVE\r\n{3}\r\nx\ny\r\n"\xc3\xa9"\r\nOK "done"\r\n'
    endpoint = await play(login((b"LISTSCRIPTS\r\n", answer), LOGOUT))
    assert await ask(endpoint, lambda it: it.list_scripts()) == ScriptList(('a "b"', "x\ny", "é"), 'a "b"')


async def test_a_script_goes_up_and_comes_down(play: Play) -> None:
    endpoint = await play(
        login(
            (b'PUTSCRIPT "m\\"n" {14+}\r\nkeep;\r\nstop;\r\n\r\n', b"OK\r\n"),
            (b'GETSCRIPT "m\\"n"\r\n', b"{14}\r\nkeep;\r\nstop;\r\n\r\nOK\r\n"),
            LOGOUT,
        )
    )

    async def both(connection: ScriptsConnection) -> str:
        await connection.put('m"n', "keep;\nstop;\n")
        return await connection.get('m"n')

    assert await ask(endpoint, both) == "keep;\nstop;\n"


async def test_a_refusal_keeps_the_servers_words_and_code(play: Play) -> None:
    endpoint = await play(
        login((b"CHECKSCRIPT {4+}\r\nfoo;\r\n", b"NO (QUOTA/MAXSIZE) {16}\r\nline 1: foo\r\nno!\r\n"), LOGOUT)
    )
    with pytest.raises(ScriptsRefused) as caught:
        await ask(endpoint, lambda it: it.check("foo;"))
    assert (str(caught.value), caught.value.code) == ("line 1: foo\nno!", "QUOTA/MAXSIZE")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\x00" * 70_000, "line without end"),
        (b"{9999999}\r\n", "9999999 octets at once"),
        (b'"x"\r\n' * 10_002, "lists without end"),
        (b'BYE "going down"\r\n', "going down"),
        (b"", "hung up"),
        (b'"x" ' * 2000 + b"\r\n", "too many words"),
    ],
    ids=["line", "literal", "list", "bye", "end", "words"],
)
async def test_a_hostile_server_is_left_with_words(play: Play, answer: bytes, words: str) -> None:
    endpoint = await play(login((b"LISTSCRIPTS\r\n", answer)))
    with pytest.raises(ScriptsGone, match=words):
        await ask(endpoint, lambda it: it.list_scripts())


async def test_a_server_without_starttls_gets_no_password(play: Play) -> None:
    plain = await play([(b"", GREETING)])
    endpoint = Endpoint("sieve", Security.STARTTLS, "alice", plain.host, plain.port)
    with pytest.raises(ScriptsGone, match="no STARTTLS"):
        await ask(endpoint, lambda it: it.list_scripts())


async def test_a_scram_server_that_proves_nothing_is_refused(play: Play) -> None:
    first = b'AUTHENTICATE "SCRAM-SHA-256" "'
    endpoint = await play([(b"", GREETING.replace(b"PLAIN", b"SCRAM-SHA-256 PLAIN")), (first, b"OK\r\n")])
    with pytest.raises(ScriptsGone, match="the login failed"):
        await ask(endpoint, lambda it: it.list_scripts())


async def test_names_that_would_write_other_commands_are_refused(play: Play) -> None:
    endpoint = await play(login(LOGOUT))
    with pytest.raises(ScriptsError, match="no control characters"):
        await ask(endpoint, lambda it: it.delete('x"\r\nDELETESCRIPT "y'))


@pytest.mark.parametrize(
    ("text", "retrieve", "expected"),
    [
        ("", "imaps://a@h.org", Endpoint("sieve", Security.STARTTLS, "a", "h.org", 4190)),
        ("", "pop3+insecure://a@h.org", Endpoint("sieve", Security.NONE, "a", "h.org", 4190)),
        ("", "maildir:/tmp", None),
        ("sieves://b@s.org:1", "imaps://a@h.org", Endpoint("sieve", Security.TLS, "b", "s.org", 1)),
        ("sieve://s.org", "imaps://a@h.org", Endpoint("sieve", Security.STARTTLS, "a", "s.org", 4190)),
    ],
)
def test_where_the_scripts_are(text: str, retrieve: str, expected: Endpoint | None) -> None:
    place: Endpoint | LocalPlace = parse_retrieve(retrieve)
    assert parse_sieve(text, place) == expected
