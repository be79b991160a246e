"""BDAT (RFC 3030) on a real socket: whole, in pieces, refused, hostile."""

import asyncio
from base64 import b64decode

import pytest

from bundled_server.config import Limits

ENVELOPE = b"MAIL FROM:<bob@other.test>\r\nRCPT TO:<alice@cities.org>\r\n"
SMUGGLED = b"MAIL FROM:<root@cities.org>\r\nRCPT TO:<juan@cities.org>\r\nBDAT 6 LAST\r\nfake\r\n"


async def hello(peer, envelope: bytes = ENVELOPE) -> None:
    await peer.ask("EHLO a.test")
    if envelope:
        await peer.send(envelope)
        assert [(await peer.reply())[:3] for _ in range(2)] == ["250", "250"]


async def codes(peer, count: int) -> list[str]:
    return [(await peer.reply())[:3] for _ in range(count)]


def body(server, number: int = 0) -> bytes:
    return server.accepted[number][1].partition(b"+0000\r\n")[2]


async def test_chunks_of_any_kind_make_one_message(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT 8\r\nSubject:")
    assert await peer.reply() == "250 2.0.0 8 octets received"
    await peer.send(b"bdat 13\r\n x\r\n\r\n.\r\nend\r")
    assert await peer.reply() == "250 2.0.0 13 octets received"
    await peer.send(b"BDAT 1 last\r\n\n")
    assert await peer.reply() == "250 2.0.0 Q00001 Message accepted for delivery"
    assert body(server) == b"Subject: x\r\n\r\n.\r\nend\r\n"


async def test_an_empty_last_chunk_ends_the_message(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT 12\r\nA: b\r\n\r\nhi\r\nBDAT 0 LAST\r\n")
    assert await codes(peer, 2) == ["250", "250"]
    assert body(server) == b"A: b\r\n\r\nhi\r\n"
    await peer.send(ENVELOPE + b"BDAT 0 LAST\r\n")
    assert await codes(peer, 3) == ["250", "250", "250"]


async def test_everything_pipelined_at_every_split(serve) -> None:
    server = await serve(limits=Limits(smtp_transaction_errors=10_000))
    peer = await server.connect()
    await hello(peer, b"")
    text = ENVELOPE + b"BDAT 10\r\nA: b\r\n\r\nxyBDAT 5 LAST\r\nz\r\n\r\nNOOP\r\n"
    for cut in range(1, len(text)):
        await peer.send(text[:cut])
        await asyncio.sleep(0)
        await peer.send(text[cut:])
        assert await codes(peer, 5) == ["250"] * 5
    assert {content.partition(b"\r\n\r\n")[2] for _, content, _ in server.accepted} == {b"xyz\r\n\r\n"}


async def test_rset_in_the_middle_forgets_the_chunks(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT 5\r\nold\r\nRSET\r\n" + ENVELOPE + b"BDAT 5 LAST\r\nnew\r\n")
    assert await codes(peer, 5) == ["250"] * 5
    assert server.accepted[0][1].endswith(b"\r\nnew\r\n") and b"old" not in server.accepted[0][1]


async def test_data_and_bdat_do_not_mix(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT 5\r\none\r\n")
    assert await codes(peer, 1) == ["250"]
    assert (await peer.ask("DATA")).startswith("503 5.5.1 DATA and BDAT")
    assert (await peer.ask("MAIL FROM:<x@y.test>")).startswith("503 ")
    assert (await peer.ask("RCPT TO:<juan@cities.org>")).startswith("503 ")
    assert (await peer.ask("NOOP")).startswith("250 ")
    await peer.send(b"BDAT 5 LAST\r\ntwo\r\n")
    assert await codes(peer, 1) == ["250"]
    assert body(server).endswith(b"one\r\ntwo\r\n")


@pytest.mark.parametrize("before", [b"", b"MAIL FROM:<bob@other.test>\r\n"])
async def test_the_octets_of_a_refused_chunk_are_no_commands(serve, before: bytes) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer, b"")
    await peer.send(before + b"BDAT %d LAST\r\n" % len(SMUGGLED) + SMUGGLED + b"QUIT\r\n")
    answers = (await peer.rest()).splitlines()
    assert [line[:3] for line in answers] == ([b"250"] if before else []) + [b"503", b"221"]
    assert server.accepted == []


async def test_a_message_past_the_limit_is_refused_while_it_comes(serve) -> None:
    server = await serve(limits=Limits(message_size_octets=10_000))
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT 100002\r\n" + b"x" * 100_000 + b"\r\nBDAT 3 LAST\r\nx\r\n")
    assert (await peer.reply()).startswith("552 5.3.4 ")
    assert (await peer.reply()).startswith("503 ")
    await peer.send(ENVELOPE + b"BDAT 3 LAST\r\nx\r\n")
    assert await codes(peer, 3) == ["250"] * 3
    assert len(server.accepted) == 1


@pytest.mark.parametrize("chunk", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\r\n", b"ab\r", b"ab\n"])
async def test_bare_line_ends_close_the_connection(serve, chunk: bytes) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT %d LAST\r\n" % len(chunk) + chunk)
    assert (await peer.rest()).startswith(b"521 5.5.2 ")
    assert server.accepted == []


@pytest.mark.parametrize("argument", [b"", b"x", b"-1", b"5 FIRST", b"9" * 40, b"1e3"])
async def test_a_chunk_of_unknown_size_closes_the_connection(serve, argument: bytes) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    await peer.send(b"BDAT " + argument + b"\r\n" + SMUGGLED)
    assert (await peer.rest()).startswith(b"501 5.5.4 ")
    assert server.accepted == []


async def test_tiny_chunks_make_the_same_message(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer)
    text = b"A: b\r\n\r\n" + b"0123456789\r\n" * 500
    await peer.send(b"".join(b"BDAT 1\r\n" + bytes((octet,)) for octet in text) + b"BDAT 0 LAST\r\n")
    assert set(await codes(peer, len(text) + 1)) == {"250"}
    assert body(server) == text


async def test_binary_mail_becomes_lines(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer, ENVELOPE.replace(b"test>\r\nR", b"test> BODY=BINARYMIME\r\nR"))
    assert (await peer.ask("DATA")).startswith("503 5.5.1 BODY=BINARYMIME needs BDAT")
    raw = bytes(range(256)) * 3
    text = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n"
        b"\r\n--b\r\nContent-Type: text/plain\r\n\r\nhola\r\n--b\r\nContent-Type: image/gif\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + raw + b"\r\n--b--\r\n"
    )
    await peer.send(b"BDAT %d LAST\r\n" % len(text) + text)
    assert await codes(peer, 1) == ["250"]
    stored = server.accepted[0][1]
    assert stored.count(b"\n") == stored.count(b"\r\n") == stored.count(b"\r") and stored.isascii()
    encoded = stored.partition(b"image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\n")[2].partition(
        b"\r\n--b--"
    )[0]
    assert b64decode(encoded) == raw
    assert b"Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n" in stored


async def test_binary_octets_that_nothing_declares_are_refused(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await hello(peer, ENVELOPE.replace(b"test>\r\nR", b"test> BODY=BINARYMIME\r\nR"))
    await peer.send(b"BDAT 20 LAST\r\nA: b\r\n\r\nx\n.\nQUIT\r\n..")
    assert (await peer.reply()).startswith("554 5.6.1 ")
    assert server.accepted == []
