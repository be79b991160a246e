"""What a server may offer beyond IMAP4rev1: SCRAM, COMPRESS, QRESYNC, LIST-STATUS; how it asks for patience."""

import asyncio
import base64
import hashlib
import hmac
import zlib

import pytest

from termail.mra.errors import Insecure, RetrievalError
from termail.mra.imap.compression import Deflate
from termail.mra.imap.connection import ImapConnection, Listed
from termail.mra.imap.errors import (
    ImapGone,
    ImapHostile,
    ImapRefused,
    ImapThrottled,
    LoginRefused,
)
from termail.mra.imap.limits import DEFAULT
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import authenticate, connect, imap_connection
from termail.mra.scram import Scram, ScramRefused
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context

# --- SCRAM


def test_the_exchange_of_rfc_7677() -> None:
    scram = Scram("user", "pencil", "rOprNGfwEbeRWgbNEkqO")
    assert scram.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    assert scram.answer(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()) == (
        f"c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".encode()
    )
    assert not scram.is_proved
    assert scram.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""
    assert scram.is_proved


@pytest.mark.parametrize(
    "challenge",
    [
        b"r=mine,s=AAAA,i=4096",
        b"r=other,s=AAAA,i=4096",
        b"r=mine1,s=AAAA,i=1",
        b"r=mine1,s=AAAA,i=2147483647",
        b"r=mine1,s=AAAA,i=x",
        b"r=mine1,s=,i=4096",
        b"r=mine1,s=***,i=4096",
        b"",
        b"\xff\xfe",
    ],
)
def test_a_strange_server_gets_no_proof(challenge: bytes) -> None:
    with pytest.raises(ScramRefused):
        Scram("user", "pencil", "mine").answer(challenge)


def test_a_server_that_does_not_know_the_password_is_found_out() -> None:
    scram = Scram("us=er,", "pencil", "mine")
    assert scram.first() == b"n,,n=us=3Der=2C,r=mine"
    scram.answer(b"r=mine1,s=AAAA,i=4096")
    with pytest.raises(ScramRefused):
        scram.answer(b"v=AAAA")


async def scram_server(reader, writer, *, password: str, proves: bool) -> None:
    """Enough of a server to log in once."""

    async def said() -> bytes:
        return (await reader.readline()).rstrip(b"\r\n")

    def say(line: bytes) -> None:
        writer.write(line + b"\r\n")

    capabilities = b"[CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=PLAIN SASL-IR]"
    say(b"* OK " + capabilities)
    tag, _, _, initial = (await said()).split(b" ")
    bare = base64.b64decode(initial).removeprefix(b"n,,")
    nonce = bare.partition(b"r=")[2] + b"server"
    first = b"r=" + nonce + b",s=" + base64.b64encode(b"salt") + b",i=4096"
    say(b"+ " + base64.b64encode(first))
    final = base64.b64decode(await said())
    without, _, proof = final.partition(b",p=")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 4096)
    message = b",".join((bare, first, without))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    if bytes(a ^ b for a, b in zip(key, signature, strict=True)) != base64.b64decode(proof):
        say(tag + b" NO wrong")
    else:
        proved = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        if proves:
            say(b"+ " + base64.b64encode(b"v=" + base64.b64encode(proved)))
            await said()
        say(tag + b" OK " + capabilities + b" in")
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("password", "proves", "error"),
    [("123456", True, None), ("other", True, LoginRefused), ("123456", False, Insecure)],
)
async def test_login_by_scram(password: str, proves: bool, error: type[RetrievalError] | None) -> None:
    async def meet(reader, writer) -> None:
        await scram_server(reader, writer, password=password, proves=proves)

    listening = await asyncio.start_server(meet, "127.0.0.1", 0)
    endpoint = Endpoint("imap", Security.NONE, "alice", "127.0.0.1", listening.sockets[0].getsockname()[1])
    protocol = await connect(endpoint, client_context)
    try:
        if error is None:
            await authenticate(protocol, Credentials("alice", "123456"))
        else:
            with pytest.raises(error):
                await authenticate(protocol, Credentials("alice", "123456"))
    finally:
        protocol.drop(ImapGone("done"))
        listening.close()


# --- COMPRESS


def test_what_one_side_squeezes_the_other_opens_however_it_is_cut() -> None:
    text = b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" * 20_000
    squeezed = Deflate().squeeze(text)
    opening = Deflate()
    pieces = [piece for at in range(0, len(squeezed), 97) for piece in opening.open(squeezed[at : at + 97])]
    assert b"".join(pieces) == text
    assert max(map(len, pieces)) <= 262_144


def test_a_bomb_and_rubbish_are_refused_before_they_fill_the_memory() -> None:
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(bytes(60_000_000)) + packer.flush()
    held = 0
    with pytest.raises(ImapHostile):
        for piece in Deflate(free_octets=1_000_000).open(bomb):
            held += len(piece)
    assert held <= 13_000_000
    with pytest.raises(ImapHostile):
        list(Deflate().open(b"\xff\xff\xff\xff"))


async def test_a_compressed_connection_works() -> None:
    async def meet(reader, writer) -> None:
        capabilities = b"[CAPABILITY IMAP4rev1 COMPRESS=DEFLATE]"
        writer.write(b"* OK " + capabilities + b"\r\n")
        tag = (await reader.readline()).split(b" ")[0]
        writer.write(tag + b" OK " + capabilities + b"\r\n")
        tag, command = (await reader.readline()).split(b" ", 1)
        assert command == b"COMPRESS DEFLATE\r\n"
        deflate = Deflate()
        writer.write(tag + b" OK go\r\n" + deflate.squeeze(b"* 7 EXISTS\r\n"))
        while data := await reader.read(65_536):
            for line in b"".join(deflate.open(data)).splitlines():
                writer.write(deflate.squeeze(line.split(b" ")[0] + b" OK done\r\n"))
        writer.close()

    listening = await asyncio.start_server(meet, "127.0.0.1", 0)
    endpoint = Endpoint("imap", Security.NONE, "alice", "127.0.0.1", listening.sockets[0].getsockname()[1])
    protocol = await connect(endpoint, client_context)
    connection = await authenticate(protocol, Credentials("alice", "123456"), compresses=True)
    await connection.noop()
    assert await connection.search("ALL") == []
    await connection.log_out()
    protocol.drop(ImapGone("done"))
    listening.close()


# --- QRESYNC and LIST-STATUS

HELLO = """
S: * OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE] ready
C: LOGIN
S: {tag} OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC LIST-EXTENDED LIST-STATUS SPECIAL-USE] in
C: ENABLE QRESYNC
S: * ENABLED QRESYNC
S: {tag} OK
"""


async def opened(scripted, script: str, work, capable: str = HELLO) -> None:
    server = await scripted(capable + script + "\nSTAY")
    endpoint = Endpoint("imap", Security.NONE, "alice", "127.0.0.1", server.port)
    async with imap_connection(endpoint, client_context, Credentials("alice", "123456"), DEFAULT) as connection:
        await work(connection)


async def test_qresync_tells_what_is_different(scripted) -> None:
    script = """
    C: SELECT "INBOX" (QRESYNC (7 40))
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 7] ok
    S: * OK [UIDNEXT 12] ok
    S: * OK [HIGHESTMODSEQ 45] ok
    S: * VANISHED (EARLIER) 2:3,5
    S: * 2 FETCH (UID 8 FLAGS (\\Seen) MODSEQ (44))
    S: {tag} OK [READ-WRITE] done
    C: NOOP
    S: * VANISHED 8
    S: {tag} OK
    """

    async def work(imap: ImapConnection) -> None:
        selected = await imap.select(b"INBOX", 7, 40)
        assert selected.is_resynced
        assert selected.vanished == {2, 3, 5}
        assert [answer.uid for answer in selected.changed] == [8]
        assert selected.exists == 3
        await imap.noop()
        assert imap.selected is not None
        assert imap.selected.exists == 2

    await opened(scripted, script, work)


async def test_a_new_uidvalidity_makes_a_resync_worthless(scripted) -> None:
    script = """
    C: SELECT "INBOX" (QRESYNC (7 40))
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 8] ok
    S: * OK [HIGHESTMODSEQ 45] ok
    S: {tag} OK [READ-WRITE] done
    """

    async def work(imap: ImapConnection) -> None:
        assert not (await imap.select(b"INBOX", 7, 40)).is_resynced

    await opened(scripted, script, work)


async def test_list_tells_the_state_of_every_folder_at_once(scripted) -> None:
    script = """
    C: LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
    S: * LIST (\\Subscribed) "/" INBOX
    S: * STATUS INBOX (MESSAGES 3 UIDNEXT 12 UIDVALIDITY 7 HIGHESTMODSEQ 45)
    S: * LIST (\\All) "/" "All Mail"
    S: {tag} OK
    """

    async def work(imap: ImapConnection) -> None:
        inbox, everything = await imap.list_mailboxes()
        assert inbox.status == {"MESSAGES": 3, "UIDNEXT": 12, "UIDVALIDITY": 7, "HIGHESTMODSEQ": 45}
        assert "\\subscribed" in inbox.attributes
        assert everything == Listed(b"All Mail", "/", frozenset({"\\all"}))

    await opened(scripted, script, work)


async def test_subscriptions_of_a_server_without_extensions_come_by_lsub(scripted) -> None:
    script = """
    C: LIST "" "*"
    S: * LIST () "/" INBOX
    S: * LIST () "/" Lists
    S: {tag} OK
    C: LSUB "" "*"
    S: * LSUB () "/" Lists
    S: * LSUB () "/" Gone
    S: {tag} OK
    """

    async def work(imap: ImapConnection) -> None:
        inbox, lists = await imap.list_mailboxes()
        assert (inbox.attributes, lists.attributes) == (frozenset(), frozenset({"\\subscribed"}))

    plain = HELLO.partition("C: ENABLE")[0].replace("ENABLE CONDSTORE QRESYNC LIST-EXTENDED ", "")
    await opened(scripted, script, work, plain.replace("LIST-STATUS SPECIAL-USE", "UIDPLUS"))


# --- patience


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ("NO [THROTTLED] slow down", 120.0),
        ("BAD Request is throttled. Suggested Backoff Time: 299999 milliseconds", 299.999),
        ("NO Request is throttled. Suggested Backoff Time: 999999999 milliseconds", 3600.0),
        ("NO [LIMIT] rate limit hit", 120.0),
    ],
)
async def test_a_server_that_asks_for_patience_gets_it(scripted, reply: str, seconds: float) -> None:
    async def work(imap: ImapConnection) -> None:
        with pytest.raises(ImapThrottled) as caught:
            await imap.noop()
        assert caught.value.seconds == seconds

    await opened(scripted, f"C: NOOP\nS: {{tag}} {reply}\n", work)


async def test_a_mailbox_may_be_called_what_it_likes(scripted) -> None:
    async def work(imap: ImapConnection) -> None:
        with pytest.raises(ImapRefused):
            await imap.noop()

    await opened(scripted, "C: NOOP\nS: {tag} NO [NONEXISTENT] no mailbox called throttled\n", work)


async def test_too_many_connections_are_not_a_wrong_password(scripted) -> None:
    async def work(imap: ImapConnection) -> None:
        raise AssertionError("not logged in")

    hello = (
        "S: * OK [CAPABILITY IMAP4rev1] ready\nC: LOGIN\n"
        "S: {tag} NO [ALERT] Too many simultaneous connections. (Failure)\n"
    )
    with pytest.raises(ImapThrottled):
        await opened(scripted, "", work, hello)
