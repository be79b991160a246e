"""A proxy that keeps every octet of both directions: the judge of what the client's taps claim."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Carried:
    """The octets of one connection, client to server and back."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)


class ByteProxy:
    """Listens on a port of its own and passes everything on to `port`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = 0
        self.connections: list[Carried] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "ByteProxy":
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        carried = Carried()
        self.connections.append(carried)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(
                _pass_on(reader, there_writer, carried.up), _pass_on(there_reader, writer, carried.down)
            )


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    while data := await reader.read(65_536):
        kept += data
        writer.write(data)
        await writer.drain()
    writer.close()
