"""A host that answers while the message is still being sent: its reply counts, and nobody waits for another."""

import asyncio

import pytest

from bundled_server.mta.relay_connection import RelayConnection, Timeouts
from bundled_server.mta.routing import Hop

SCRIPT = {b"EHLO": b"250 hello\r\n", b"DATA": b"354 go on\r\n"}
QUICK = Timeouts(connect=2, command=2, data=2)


@pytest.mark.parametrize("octets", [100, 3_000_000])
async def test_a_reply_before_the_last_octet_is_not_lost(octets: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 quick.test\r\n")
        for verb in (b"EHLO", b"DATA"):
            assert (await reader.readline()).startswith(verb)
            writer.write(SCRIPT[verb])
        await reader.read(10)
        writer.write(b"552 5.3.4 I have seen enough\r\n")
        while await reader.read(65_536):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = RelayConnection(Hop("quick.test", "127.0.0.1", port), "us.test", QUICK, None)
        await connection.open(tls=None)
        assert (await connection.command("DATA")).code == 354
        response = await connection.send_message(b"Subject: s\r\n\r\n" + b"x" * octets + b"\r\n")
        assert (response.code, response.text) == (552, "5.3.4 I have seen enough")
        connection.close()
