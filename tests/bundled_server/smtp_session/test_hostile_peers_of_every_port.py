"""What a hostile peer tries on port 25, on submission and on LMTP of a whole host: what was stored decides."""

import asyncio
import socket

import pytest

from bundled_server.config import Limits

SERVICES = ("smtp", "submission", "lmtp")
every_port = pytest.mark.parametrize("service", SERVICES)


def smuggled(sender: str) -> bytes:
    """What stands behind a false end of data: a second message, if anybody took it for one."""
    return (
        f"MAIL FROM:<{sender}>\r\nRCPT TO:<juan@cities.org>\r\nDATA\r\nFrom: {sender}\r\nSubject: fake\r\n\r\n"
        "fake\r\n.\r\n"
    ).encode()


@every_port
async def test_nothing_is_smuggled_by_data(door, service: str) -> None:
    at = await door(service)
    for ending in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\r\n.\r\r\n"):
        peer = await at.into_data()
        await peer.send(b"Subject: real\r\n\r\nreal" + ending + smuggled(at.sender) + b"\r\n.\r\nQUIT\r\n")
        assert (await peer.rest()).startswith(b"521 5.5.2 "), ending
        assert await at.stored() == [], ending
    assert (await (await at.connect()).ask("NOOP")).startswith("250 "), "the host goes on"


@every_port
async def test_nothing_is_smuggled_by_bdat(door, service: str) -> None:
    at = await door(service)
    peer = await at.enter()
    envelope = at.envelope.removesuffix(b"DATA\r\n")
    inner = b"Subject: whole\r\n\r\nx\r\n.\r\n" + smuggled(at.sender)
    await peer.send(envelope + b"BDAT %d LAST\r\n" % len(inner) + inner + b"QUIT\r\n")
    assert (await peer.rest()).count(b"250 ") == 3
    (message,) = await at.stored()
    assert b"\r\nSubject: fake\r\n" in message, "one message, its octets as they came"
    peer = await at.enter()
    await peer.send(envelope + b"BDAT 20 LAST\r\nSubject: x\r\n\r\nbare\nxQUIT\r\n")
    assert b"521 5.5.2 " in await peer.rest()
    assert len(await at.stored()) == 1


@every_port
async def test_dots_come_out_as_they_were_meant(door, service: str) -> None:
    at = await door(service)
    peer = await at.into_data()
    for octet in b"Subject: dots\r\n\r\n..\r\n...two\r\n..\r\n.\r\n":
        await peer.send(bytes([octet]))
    assert (await peer.reply()).startswith("250 ")
    (message,) = await at.stored()
    assert message.endswith(b"\r\n\r\n.\r\n..two\r\n.\r\n")


@every_port
async def test_sizes_are_refused_at_mail_and_while_the_message_comes(door, service: str) -> None:
    at = await door(service, limits=Limits(message_size_octets=10_000, smtp_text_line_octets=1000))
    peer = await at.enter()
    assert (await peer.ask(f"MAIL FROM:<{at.sender}> SIZE=10001")).startswith("552 5.3.4 ")
    for text, code in ((b"x\r\n" * 4000, "552"), (b"y" * 1001 + b"\r\n", "554")):
        await peer.send(at.envelope)
        assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
        await peer.send(text + b".\r\n")
        assert (await peer.reply()).startswith(code)
    await peer.send(at.envelope.removesuffix(b"DATA\r\n") + b"BDAT 12000 LAST\r\n" + b"z\r\n" * 4000)
    assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "552"]
    assert (await peer.ask("NOOP " + "a" * 3000)).startswith("500 5.5.2 ")
    assert (await peer.ask("NOOP")).startswith("250 ")
    assert await at.stored() == []


@every_port
async def test_who_talks_on_before_the_reply_is_refused(door, service: str) -> None:
    at = await door(service)
    peer = await at.connect()
    hello = b"LHLO" if service == "lmtp" else b"EHLO"
    await peer.send(hello + b" a.test\r\n" + at.envelope)
    assert (await peer.rest()).startswith(b"554 5.5.0 ")
    peer = await at.enter()
    await peer.send(at.envelope + b"Subject: too early\r\n\r\nx\r\n.\r\n")
    assert b"\r\n554 5.5.0 " in await peer.rest()
    assert await at.stored() == []


RELAY_TRICKS = (
    "eve%far.test@cities.org",
    "far.test!eve",
    '"eve@far.test"@cities.org',
    "@cities.org,@x.test:eve@far.test",
    "eve@far.test.",
    "eve@[127.0.0.1]",
    "eve@",
)


@every_port
async def test_strangers_are_not_relayed(door, service: str) -> None:
    at = await door(service)
    peer = await at.connect()
    await peer.ask(f"{'LHLO' if service == 'lmtp' else 'EHLO'} a.test")
    for recipient in RELAY_TRICKS:
        await peer.ask(f"MAIL FROM:<{at.sender}>")
        assert (await peer.ask(f"RCPT TO:<{recipient}>"))[0] == "5", recipient
    assert await at.host.store.queue_items() == []


@every_port
async def test_a_peer_that_never_ends_its_command_or_message_hears_the_deadline(door, service: str) -> None:
    limits = Limits(transaction_seconds=0.4, idle_seconds=10.0)
    at = await door(service, limits=limits)
    for peer in (await at.connect(), await at.into_data()):

        async def drip(slow=peer) -> None:
            while True:
                await slow.send(b"x")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert (await peer.rest()).startswith(b"421 4.4.2 ")
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
    assert await at.stored() == []


@every_port
async def test_a_silent_peer_is_sent_away(door, service: str) -> None:
    at = await door(service, limits=Limits(idle_seconds=0.2))
    assert (await (await at.connect()).rest()).startswith(b"421 4.4.2 ")


@every_port
async def test_a_peer_that_reads_nothing_is_cut_off_and_fills_no_memory(door, service: str) -> None:
    at = await door(service, limits=Limits(idle_seconds=0.5, output_buffer_octets=4096))
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        await loop.sock_connect(deaf, ("127.0.0.1", at.host.bound_ports[service]))
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(60):
                while True:
                    await loop.sock_sendall(deaf, b"HELP\r\n" * 2000)
    assert (await (await at.connect()).ask("NOOP")).startswith("250 ")


@every_port
async def test_connections_from_one_address_are_few(door, service: str) -> None:
    at = await door(service, limits=Limits(connections_per_address=2))
    first, _ = await at.connect(), await at.connect()
    reader, writer = await asyncio.open_connection("127.0.0.1", at.host.bound_ports[service])
    assert (await asyncio.wait_for(reader.read(), 20)).startswith(b"421 4.3.2 ")
    writer.close()
    await first.ask("QUIT")
    first.writer.close()
    async with asyncio.timeout(60):
        while at.host.connections[service] > 1:
            await asyncio.sleep(0)
    assert (await (await at.connect()).ask("NOOP")).startswith("250 ")
