"""Dialogues with servers good and bad: each trap of the library underneath, each trick of a hostile server."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable

import pytest

from termail.mra.errors import Insecure
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.errors import ImapError, ImapGone, ImapHostile, ImapRefused, LoginRefused
from termail.mra.imap.limits import DEFAULT, Limits
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import imap_connection
from termail.mra.imap.responses import Fetch
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context

ALICE = Credentials("alice", "123456")
QUICK = dataclasses.replace(DEFAULT, silence_seconds=0.3, abandoned_seconds=0.2, connect_seconds=5.0)
HELLO = """
S: * OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE] ready
C: LOGIN
S: {tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE] in
"""
Open = Callable[..., contextlib.AbstractAsyncContextManager[ImapConnection]]


@pytest.fixture
def opened(scripted, certificate) -> Open:
    @contextlib.asynccontextmanager
    async def connect(
        script: str,
        limits: Limits = QUICK,
        security: Security = Security.NONE,
        credentials: Credentials = ALICE,
        trusted: bool = True,
        server: list | None = None,
        tap=None,
    ) -> AsyncIterator[ImapConnection]:
        playing = await scripted(script, tls=security is Security.TLS)
        if server is not None:
            server.append(playing)
        endpoint = Endpoint("imap", security, "alice", "127.0.0.1", playing.port)
        authority = str(certificate.path) if trusted else ""
        more = {} if tap is None else {"tap": tap}
        async with imap_connection(
            endpoint, lambda: client_context(authority), credentials, limits, **more
        ) as found:
            yield found

    return connect


def listener(found: list[int]) -> Callable[[Fetch], None]:
    return lambda answer: found.append(answer.uid)


async def test_news_that_come_during_a_fetch_are_kept(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: SELECT "INBOX"
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 7] ok
    S: * OK [UIDNEXT 9] ok
    S: {tag} OK [READ-WRITE] done
    C: UID FETCH
    S: * 1 FETCH (UID 5 FLAGS ())
    S: * 4 EXISTS
    S: * 2 EXPUNGE
    S: * 2 FETCH (UID 8 FLAGS (\\Seen))
    S: {tag} OK done
    STAY
    """
    )
    async with opened(script) as imap:
        selected = await imap.select(b"INBOX")
        assert (selected.exists, selected.uid_validity, selected.uid_next) == (3, 7, 9)
        found: list[int] = []
        await imap.fetch("1:*", "(UID FLAGS)", listener(found), 3, 1000)
        assert found == [5, 8]
        assert imap.selected is not None
        assert imap.selected.exists == 3


async def test_an_expunge_of_what_is_not_there_changes_nothing(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: SELECT "INBOX"
    S: * 1 EXISTS
    S: {tag} OK done
    C: NOOP
    S: * 0 EXPUNGE
    S: * 99 EXPUNGE
    S: {tag} OK done
    STAY
    """
    )
    async with opened(script) as imap:
        selected = await imap.select(b"INBOX")
        await imap.noop()
        assert selected.exists == 1


async def test_an_exists_between_done_and_the_tagged_ok_is_news(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: IDLE
    S: + idling
    C: DONE
    S: * 9 EXISTS
    S: {tag} OK done
    STAY
    """
    )
    async with opened(script) as imap:
        assert await imap.idle(0.05)


async def test_concurrent_commands_wait_their_turn(opened: Open) -> None:
    script = (
        HELLO
        + "".join(
            f"""
        C: UID FETCH {n}
        S: * {n} FETCH (UID {n} FLAGS ())
        S: {{tag}} OK done
        """
            for n in range(1, 5)
        )
        + """
    C: APPEND "INBOX" () {3}
    S: + go
    C{5}
    S: {tag} OK [APPENDUID 1 11] done
    C: APPEND "INBOX" () {3}
    S: + go
    C{5}
    S: {tag} OK [APPENDUID 1 12] done
    STAY
    """
    )
    async with opened(script) as imap:
        heard: list[list[int]] = [[], [], [], []]
        await asyncio.gather(*(imap.fetch(str(n), "(FLAGS)", listener(heard[n - 1]), 1, 100) for n in range(1, 5)))
        assert heard == [[1], [2], [3], [4]]
        assert await asyncio.gather(imap.append(b"INBOX", b"one", []), imap.append(b"INBOX", b"two", [])) == [
            11,
            12,
        ]


@pytest.mark.parametrize(
    ("end", "words"), [("CLOSE", "hung up"), ("S: * BYE going down for lunch\nSTAY", "lunch")]
)
async def test_waiting_commands_fail_at_once_when_the_server_goes(opened: Open, end: str, words: str) -> None:
    patient = dataclasses.replace(QUICK, silence_seconds=60.0)
    async with asyncio.timeout(60):
        with pytest.raises(ImapGone, match=words):
            async with opened(HELLO + "C: UID SEARCH\n" + end, patient) as imap:
                await asyncio.gather(imap.search("ALL"), imap.noop())


async def test_a_cancelled_command_leaves_the_connection_usable(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: UID SEARCH
    S: * 5 EXISTS
    S: * SEARCH 1 2 3
    S: {tag} OK done
    C: UID SEARCH
    S: * SEARCH 7
    S: {tag} OK done
    STAY
    """
    )
    async with opened(script) as imap:
        task = asyncio.create_task(imap.search("ALL"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await imap.search("ALL") == [7]


async def test_a_cancelled_command_that_is_never_finished_ends_the_connection(opened: Open) -> None:
    async with opened(HELLO + "C: UID SEARCH\nSTAY") as imap:
        task = asyncio.create_task(imap.search("ALL"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(ImapGone, match="no longer wanted"):
            await imap.noop()


async def test_cancelling_in_the_middle_of_an_append_ends_the_connection(opened: Open) -> None:
    async with opened(HELLO + "C: APPEND\nSTAY") as imap:
        task = asyncio.create_task(imap.append(b"INBOX", b"x" * 10, []))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(ImapGone):
            await imap.noop()


async def test_a_refused_literal_is_not_sent_and_the_next_command_is(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: APPEND
    S: {tag} NO [OVERQUOTA] too large
    C: NOOP
    S: {tag} OK
    STAY
    """
    )
    async with opened(script) as imap:
        with pytest.raises(ImapRefused) as refusal:
            await imap.append(b"INBOX", b"x" * 10, [])
        assert refusal.value.code == "OVERQUOTA"
        await imap.noop()


async def test_literals_go_at_once_where_the_server_allows(opened: Open) -> None:
    server: list = []
    script = (
        HELLO.replace("UIDPLUS", "UIDPLUS LITERAL+")
        + """
    C: APPEND "INBOX" (\\Seen) {3+}
    C{5}
    S: {tag} OK [APPENDUID 1 5] done
    STAY
    """
    )
    async with opened(script, server=server) as imap:
        assert await imap.append(b"INBOX", b"abc", ["\\Seen"]) == 5
    assert "abc\r\n" in server[0].heard


async def test_a_failed_xoauth2_is_acknowledged_and_reported(opened: Open) -> None:
    script = """
    S: * OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready
    C: AUTHENTICATE XOAUTH2
    S: + eyJzdGF0dXMiOiI0MDEifQ==
    C
    S: {tag} NO [AUTHENTICATIONFAILED] token expired
    STAY
    """
    with pytest.raises(LoginRefused, match="token expired"):
        async with opened(script, credentials=Credentials("alice", "t0ken", is_token=True)):
            pass


async def test_a_wrong_password_and_a_busy_server_are_told_apart(opened: Open) -> None:
    head = "S: * OK [CAPABILITY IMAP4rev1] ready\nC: LOGIN\n"
    with pytest.raises(LoginRefused):
        async with opened(head + "S: {tag} NO [AUTHENTICATIONFAILED] no\nSTAY"):
            pass
    with pytest.raises(ImapGone):
        async with opened(head + "S: {tag} NO [UNAVAILABLE] database down\nSTAY"):
            pass


async def test_secrets_never_reach_the_tap(opened: Open) -> None:
    said: list[str] = []
    for hello in (HELLO, HELLO.replace("IDLE", "AUTH=PLAIN SASL-IR").replace("LOGIN", "AUTHENTICATE")):
        async with opened(hello + "STAY", tap=lambda direction, text: said.append(text)):
            pass
    text = "\n".join(said)
    assert "LOGIN ****" in text
    assert "123456" not in text
    assert "AGFsaWNl" not in text


# --- what must be protected


async def test_starttls_forgets_what_was_said_in_the_clear(opened: Open) -> None:
    script = """
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
    C: STARTTLS
    S: {tag} OK go
    TLS
    C: CAPABILITY
    S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
    S: {tag} OK
    C: AUTHENTICATE PLAIN
    S: +
    C
    S: {tag} OK in
    C: CAPABILITY
    S: * CAPABILITY IMAP4rev1 MOVE
    S: {tag} OK
    STAY
    """
    async with opened(script, security=Security.STARTTLS) as imap:
        assert imap.capabilities == {"IMAP4REV1", "MOVE"}


async def test_octets_smuggled_in_before_tls_are_thrown_away(opened: Open) -> None:
    script = """
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
    C: STARTTLS
    S: {tag} OK go\\r\\n* CAPABILITY IMAP4rev1 INJECTED\\r\\n* PREAUTH trust me
    TLS
    C: CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: {tag} OK
    C: LOGIN
    S: {tag} OK [CAPABILITY IMAP4rev1] in
    STAY
    """
    async with opened(script, security=Security.STARTTLS) as imap:
        assert "INJECTED" not in imap.capabilities


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\nSTAY", "offers no STARTTLS"),
        ("S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome back\nSTAY", "before TLS began"),
    ],
)
async def test_a_stripped_starttls_is_refused_in_words(opened: Open, script: str, words: str) -> None:
    with pytest.raises(Insecure, match=words):
        async with opened(script, security=Security.STARTTLS):
            pass


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_certificate_nobody_vouches_for_is_refused(opened: Open, security: Security) -> None:
    script = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] x\nC: STARTTLS\nS: {tag} OK go\nTLS\nSTAY"
    with pytest.raises(ImapGone, match="certificate is not trusted"):
        async with opened(script, security=security, trusted=False):
            pass


async def test_a_password_is_not_given_where_login_is_disabled(opened: Open) -> None:
    with pytest.raises(Insecure, match="LOGINDISABLED"):
        async with opened("S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\nSTAY"):
            pass


# --- servers without measure


FLOOD = dataclasses.replace(QUICK, responses=50, unasked=50, octets=20_000, literal_octets=1_000, unreadable=5)


@pytest.mark.parametrize(
    ("flood", "words"),
    [
        ("S: * OK still thinking\n" * 100, "without end"),
        ("S: * 1 EXISTS\n" * 100, "without end"),
        ('S: * X "\n' * 20, "cannot be read"),
        ("S: * SEARCH " + "1 " * 20_000 + "\n", "too large"),
        ("S: * 1 FETCH (BODY[] {99999999}\n", "octets at once"),
        ("S: ZZZ OK not yours\n", "not given"),
        ("S: + go on\n" * 100, "without end"),
    ],
)
async def test_a_flood_is_bounded_and_said_in_words(opened: Open, flood: str, words: str) -> None:
    with pytest.raises(ImapHostile, match=words):
        async with opened(HELLO + "C: UID SEARCH\n" + flood + "STAY", FLOOD) as imap:
            await imap.search("ALL")


async def test_a_flood_while_nothing_runs_is_bounded_too(opened: Open) -> None:
    server: list = []
    async with opened(HELLO + "S: * 1 EXISTS\n" * 200 + "STAY", FLOOD, server=server) as imap:
        async with asyncio.timeout(60):
            await server[0].left.wait()
        with pytest.raises(ImapGone):
            await imap.noop()


async def test_a_search_answer_that_names_everything_is_not_expanded(opened: Open) -> None:
    script = (
        HELLO.replace("MOVE", "MOVE ESEARCH")
        + """
    C: UID SEARCH
    S: * ESEARCH (TAG "x") UID ALL 1:4294967295
    S: {tag} OK
    STAY
    """
    )
    with pytest.raises(ImapError):
        async with opened(script) as imap:
            await imap.search("ALL")


async def test_a_server_that_falls_silent_is_left(opened: Open) -> None:
    with pytest.raises(ImapGone, match="said nothing"):
        async with opened(HELLO + "C: NOOP\nSTAY") as imap:
            await imap.noop()


async def test_a_server_that_says_no_more_than_hello_is_left(scripted) -> None:
    server = await scripted("STAY")
    endpoint = Endpoint("imap", Security.NONE, "alice", "127.0.0.1", server.port)
    limits = dataclasses.replace(QUICK, connect_seconds=0.1)
    with pytest.raises(ImapGone, match="no answer in time"):
        async with imap_connection(endpoint, client_context, ALICE, limits):
            pass


async def test_the_librarys_own_commands_still_work(opened: Open) -> None:
    script = (
        HELLO
        + """
    C: NOOP
    S: * 2 EXISTS
    S: {tag} OK fine
    STAY
    """
    )
    async with opened(script) as imap:
        reply = await imap._protocol.simple_command("NOOP")
        assert reply.result == "OK"
        assert reply.lines[-1] == b"fine"


async def test_a_token_goes_by_oauthbearer_where_the_server_has_it(opened: Open) -> None:
    script = """
    S: * OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR] ready
    C: AUTHENTICATE OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciAxMjM0NTYBAQ==
    S: {tag} OK [CAPABILITY IMAP4rev1] in
    """
    async with opened(script, credentials=Credentials("alice", "123456", is_token=True)) as imap:
        assert imap.capabilities == {"IMAP4REV1"}
