"""What a hostile SMTP peer tries, on a real socket."""

import asyncio
import ssl

import pytest

from bundled_server.config import Limits

BEGIN = b"EHLO a.test\r\n"
ENVELOPE = b"MAIL FROM:<bob@other.test>\r\nRCPT TO:<alice@cities.org>\r\nDATA\r\n"
SMUGGLED = (
    b"MAIL FROM:<root@cities.org>\r\nRCPT TO:<juan@cities.org>\r\nDATA\r\nSubject: fake\r\n\r\nfake\r\n.\r\n"
)


async def into_data(peer) -> None:
    await peer.ask("EHLO a.test")
    await peer.send(ENVELOPE)
    replies = [await peer.reply() for _ in range(3)]
    assert replies[2].startswith("354 ")


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\r\n.\r\r\n", b"\n\r\n.\r\n"],
)
async def test_only_crlf_dot_crlf_ends_a_message_and_nothing_is_smuggled(serve, ending: bytes) -> None:
    server = await serve()
    peer = await server.connect()
    await into_data(peer)
    await peer.send(b"Subject: real\r\n\r\nreal" + ending + SMUGGLED + b"\r\n.\r\nQUIT\r\n")
    assert (await peer.rest()).startswith(b"521 5.5.2 ")
    assert server.accepted == []


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"MAIL FROM:<a@b.test>\nRCPT TO:<alice@cities.org>\r\n", b"NO\rOP\r\n", b"NOOP\r\r\n"]
)
async def test_bare_line_ends_in_commands_close_the_connection(serve, line: bytes) -> None:
    peer = await (await serve()).connect()
    await peer.ask("EHLO a.test")
    await peer.send(line)
    assert (await peer.rest()).startswith(b"521 5.5.2 ")


async def test_the_goodbye_arrives_although_the_peer_is_still_sending(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await into_data(peer)
    await peer.send(b"bare\nline")
    for _ in range(20):
        await peer.send(b"x" * 100_000)
    assert (await peer.reply()).startswith("521 ")


async def test_pipelined_commands_are_answered_in_order_at_every_split(serve) -> None:
    server = await serve(limits=Limits(smtp_transaction_errors=10_000))
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    text = b"MAIL FROM:<bob@other.test>\r\nRCPT TO:<alice@cities.org>\r\nRCPT TO:<x@y.test>\r\nDATA\r\n"
    for cut in range(1, len(text)):
        await peer.send(text[:cut])
        await asyncio.sleep(0)
        await peer.send(text[cut:])
        assert [(await peer.reply())[:3] for _ in range(4)] == ["250", "250", "550", "354"]
        await peer.send(b"\r\n..stuffed\r\n.\r\n")
        assert (await peer.reply())[:3] == "250"
    assert {content.partition(b"\r\n\r\n")[2] for _, content, _ in server.accepted} == {b".stuffed\r\n"}


async def test_a_message_is_the_same_at_every_split(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    body = b"Subject: x\r\n\r\n..a\r\n.b\r\n\r\n...\r\nend\r\n.\r\n"
    for cut in range(1, len(body)):
        await peer.send(ENVELOPE)
        for _ in range(3):
            await peer.reply()
        await peer.send(body[:cut])
        await asyncio.sleep(0.001)
        await peer.send(body[cut:])
        assert (await peer.reply())[:3] == "250"
    assert {content.partition(b"\r\n\r\n")[2] for _, content, _ in server.accepted} == {
        b".a\r\nb\r\n\r\n..\r\nend\r\n"
    }


@pytest.mark.parametrize("command", [b"EHLO a.test\r\n", b"HELO a.test\r\n"])
async def test_talking_on_before_the_reply_to_hello_is_refused(serve, command: bytes) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.send(command + ENVELOPE)
    assert (await peer.rest()).startswith(b"554 5.5.0 ")


@pytest.mark.parametrize("line", ["AUTH LOGIN", "AUTH PLAIN", "AUTH PLAIN AGFsaWNlADEyMzQ1Ng=="])
async def test_talking_on_before_the_reply_to_auth_is_refused(serve, line: str) -> None:
    server = await serve(submission=True, journal_wire=True)
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    await peer.send(line.encode() + b"\r\nMAIL FROM:<alice@cities.org>\r\nQUIT\r\n")
    assert (await peer.rest()).startswith(b"554 5.5.0 ")
    assert not any("AGFsaWNl" in event.text for event in server.journal.recent())


async def test_what_follows_a_refused_login_does_not_tell_the_password(serve) -> None:
    server = await serve(journal_wire=True)
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    assert (await peer.ask("AUTH LOGIN")).startswith("502 ")
    for secret in ("YWxpY2U=", "MTIzNDU2"):
        assert secret not in await peer.ask(secret)
    assert not any("MTIzNDU2" in event.text for event in server.journal.recent())


async def test_a_message_sent_before_354_is_refused(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    await peer.send(ENVELOPE + b"Subject: too early\r\n\r\nx\r\n.\r\n")
    assert b"\r\n554 5.5.0 " in await peer.rest()
    assert server.accepted == []


async def test_plaintext_behind_starttls_is_thrown_away(serve, client_tls: ssl.SSLContext) -> None:
    server = await serve(tls=True, submission=True)
    peer = await server.connect()
    assert "STARTTLS" in await peer.ask("EHLO a.test")
    await peer.send(b"STARTTLS\r\nNOOP\r\nMAIL FROM:<root@cities.org>\r\n")
    assert (await peer.reply()).startswith("220 ")
    await peer.writer.start_tls(client_tls)
    assert (await peer.ask("MAIL FROM:<alice@cities.org>")).startswith("503 5.5.1 Say HELO")
    reply = await peer.ask("EHLO a.test")
    assert "STARTTLS" not in reply
    assert (await peer.ask("STARTTLS")).startswith("503 ")
    assert (await peer.ask("QUIT")).startswith("221 ")


async def test_a_failed_tls_handshake_ends_that_connection_only(serve) -> None:
    server = await serve(tls=True)
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    assert (await peer.ask("STARTTLS")).startswith("220 ")
    await peer.send(b"this is no TLS\r\n" * 20)
    await peer.rest()
    assert (await (await server.connect()).ask("NOOP")).startswith("250 ")


async def test_a_message_past_the_limit_is_read_and_refused_with_bounded_memory(serve) -> None:
    server = await serve(limits=Limits(message_size_octets=10_000))
    peer = await server.connect()
    await into_data(peer)
    for _ in range(50):
        await peer.send(b"x" * 998 + b"\r\n")
    await peer.send(b".\r\n")
    assert (await peer.reply()).startswith("552 5.3.4 ")
    await peer.send(ENVELOPE)
    assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
    await peer.send(b"small\r\n.\r\n")
    assert (await peer.reply()).startswith("250 ")
    assert len(server.accepted) == 1


async def test_a_text_line_past_the_limit_is_refused_and_the_dialogue_goes_on(serve) -> None:
    server = await serve(limits=Limits(smtp_text_line_octets=1000))
    peer = await server.connect()
    await into_data(peer)
    await peer.send(b"short\r\n" * 500 + b"x" * 1001 + b"\r\nshort\r\n.\r\n")
    assert (await peer.reply()).startswith("554 5.6.0 ")
    await peer.send(ENVELOPE)
    for _ in range(3):
        await peer.reply()
    await peer.send(b"short\r\n" * 500 + b"x" * 1000 + b"\r\nshort\r\n.\r\n")
    assert (await peer.reply()).startswith("250 ")


async def test_a_command_line_past_the_limit_is_answered_500(serve) -> None:
    peer = await (await serve()).connect()
    assert (await peer.ask("EHLO " + "a" * 3000)).startswith("500 5.5.2 ")
    assert (await peer.ask("NOOP")).startswith("250 ")


async def test_too_many_recipients_are_temporary(serve) -> None:
    peer = await (await serve(limits=Limits(smtp_recipients=2))).connect()
    await peer.ask("EHLO a.test")
    await peer.ask("MAIL FROM:<bob@other.test>")
    codes = [(await peer.ask(f"RCPT TO:<{name}@cities.org>"))[:3] for name in ("alice", "juan", "root")]
    assert codes == ["250", "250", "452"]


async def test_a_peer_that_makes_only_errors_is_sent_away(serve) -> None:
    peer = await (await serve(limits=Limits(smtp_transaction_errors=3))).connect()
    await peer.send(b"FOO\r\n" * 3)
    assert (await peer.rest()).endswith(b"421 4.7.0 brasilia.cities.org too many errors, closing connection\r\n")


async def test_a_silent_peer_hears_a_goodbye(serve) -> None:
    peer = await (await serve(idle_seconds=0.05)).connect()
    assert (await peer.rest()).startswith(b"421 4.4.2 ")


@pytest.mark.parametrize("first", [b"", BEGIN])
async def test_a_slowloris_runs_into_the_transaction_deadline(serve, first: bytes) -> None:
    server = await serve(limits=Limits(transaction_seconds=0.3), idle_seconds=5)
    peer = await server.connect()
    if first:
        await peer.send(first)
        await peer.reply()

    async def drip() -> None:
        while True:
            await peer.send(b"x")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    try:
        assert (await peer.rest()).startswith(b"421 4.4.2 ")
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


async def test_connections_are_capped_in_words(serve) -> None:
    server = await serve(limits=Limits(connections_per_address=2))
    first, second = await server.connect(), await server.connect()
    assert (await (await server.connect(greeted=False)).rest()).startswith(b"421 ")
    await first.ask("QUIT")
    await first.rest()
    assert (await second.ask("NOOP")).startswith("250 ")


async def test_control_characters_of_a_peer_come_back_escaped(serve) -> None:
    server = await serve()
    peer = await server.connect()
    reply = await peer.ask("\x1b]0;title\x07")
    assert "\x1b" not in reply and "\\x1b" in reply
    assert all("\x1b" not in event.text for event in server.journal.recent())


async def test_half_closing_still_gets_every_reply(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    await peer.send(b"NOOP\r\nNOOP\r\nRSET\r\n")
    peer.writer.write_eof()
    assert (await peer.rest()).count(b"250 2.0.0") == 3


async def test_a_message_cut_off_by_the_peer_is_forgotten(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await into_data(peer)
    await peer.send(b"Subject: half\r\n\r\nhalf\r\n.")
    peer.writer.write_eof()
    assert await peer.rest() == b""
    assert server.accepted == []


async def test_stopping_says_goodbye(serve) -> None:
    server = await serve()
    peer = await server.connect()
    closing = asyncio.create_task(server.listener.close())
    assert (await peer.reply()).startswith("421 4.3.2 ")
    peer.writer.close()
    await closing
    assert server.listener.connections == 0
