"""Smuggling through us to the next host: what a user of ours sends as one goes out as one, in clean lines."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

INNER = (
    b"MAIL FROM:<root@cities.org>\r\nRCPT TO:<eve@far.test>\r\nDATA\r\nFrom: root@cities.org\r\n\r\nfake\r\n.\r\n"
)
BINARY = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"


@dataclass
class NextHost:
    """Takes mail from whoever comes, and keeps every octet it hears."""

    port: int = 0
    heard: bytes = b""
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.far.test\r\n")
        while line := await reader.readline():
            self.heard += line
            verb = line[:4].decode("ascii").upper().strip()
            self.commands.append(verb)
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                message = await reader.readuntil(b"\r\n.\r\n")
                self.heard += message
                self.messages.append(message)
                self.taken.set()
            writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
        writer.close()


@pytest.fixture
async def next_host() -> AsyncIterator[NextHost]:
    host = NextHost()
    server = await asyncio.start_server(host.talk, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    async with server:
        yield host


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("BDAT %d LAST", b"Subject: x\r\n\r\nreal\r\n.\r\n" + INNER),
        ("BDAT %d LAST", b".\r\n" + INNER),
        ("BDAT %d LAST", b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n"),
        ("BODY=BINARYMIME", BINARY + b"real\n.\n" + INNER),
        ("BODY=BINARYMIME", BINARY + b"real\r.\r" + INNER + b"no line end"),
        ("DATA", b"Subject: x\r\n\r\nreal\r\n..\r\n" + INNER.replace(b"\r\n.\r\n", b"\r\n..\r\n")),
    ],
)
async def test_one_message_stays_one(door, next_host: NextHost, how: str, text: bytes) -> None:
    at = await door("submission", transports={"far.test": f"127.0.0.1:{next_host.port}"})
    peer = await at.enter()
    binary = " BODY=BINARYMIME" if how == "BODY=BINARYMIME" else ""
    await peer.send(f"MAIL FROM:<alice@cities.org>{binary}\r\nRCPT TO:<bob@far.test>\r\n".encode())
    assert [(await peer.reply())[:3] for _ in range(2)] == ["250", "250"]
    if how == "DATA":
        assert (await peer.ask("DATA")).startswith("354 ")
        await peer.send(text + b".\r\n")
    else:
        await peer.send(b"BDAT %d LAST\r\n" % len(text) + text)
    assert (await peer.reply()).startswith("250 ")
    async with asyncio.timeout(60):
        await next_host.taken.wait()
    assert await at.stored("alice") == [], "nothing came back"
    assert next_host.commands.count("MAIL") == next_host.commands.count("DATA") == 1
    assert next_host.commands.count("RCPT") == 1 and b"RCPT TO:<bob@far.test>" in next_host.heard
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", next_host.heard) is None, "a bare CR or LF went out"
    (message,) = next_host.messages
    assert b"\r\n.\r\n" not in message[:-5]
