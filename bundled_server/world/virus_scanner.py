"""A clamd for practice: it speaks clamd's INSTREAM, and knows one virus, the harmless EICAR test file."""

import asyncio
import contextlib
import struct
from email import message_from_bytes

NAME = "Eicar-Test-Signature"
SIGNATURE = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
LONGEST_COMMAND_OCTETS = 64
LARGEST_STREAM_OCTETS = 26_214_400


class VirusScanner:
    """Open it, and it answers on `port`; closed it refuses connections, and opens on the same port again."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """As the filter's settings name it."""
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Start to answer."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.close()
            self._server = None
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                writer.write(await _answer(reader) + b"\0")
                await writer.drain()
        finally:
            self._talks.discard(task)
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    command = (await reader.readuntil(b"\0"))[:LONGEST_COMMAND_OCTETS]
    if command == b"zPING\0":
        return b"PONG"
    if command != b"zINSTREAM\0":
        return b"UNKNOWN COMMAND"
    data = b""
    while length := struct.unpack("!L", await reader.readexactly(4))[0]:
        if len(data) + length > LARGEST_STREAM_OCTETS:
            return b"INSTREAM size limit exceeded. ERROR"
        data += await reader.readexactly(length)
    return f"stream: {NAME} FOUND".encode() if _is_infected(data) else b"stream: OK"


def _is_infected(data: bytes) -> bool:
    """Whether the signature stands in the message, or in a part of it once that is decoded."""
    parts = message_from_bytes(data).walk()
    decoded = (part.get_payload(decode=True) for part in parts if not part.is_multipart())
    return SIGNATURE in data or any(isinstance(part, bytes) and SIGNATURE in part for part in decoded)
