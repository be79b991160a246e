"""The agent's local socket: UIs come, say what they want, hear what happens, and go."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Final

from termail.agent.frames import TO_AGENT, encode, receive
from termail.agent.messages import ToAgent, ToUI, WatchWire, WireLine
from termail.agent.place import Place

WIRE_BACKLOG_OCTETS: Final = 500_000
"""A UI that reads more slowly than this misses wire lines."""
BACKLOG_OCTETS: Final = 8_000_000
"""A UI that does not read at all is let go."""
UI_LIMIT: Final = 32


class Lobby:
    """`hear` gets every message of every UI; `changed` is called when one came or went."""

    def __init__(
        self,
        place: Place,
        hear: Callable[[ToAgent], None],
        greetings: Callable[[], list[ToUI]],
        changed: Callable[[], None],
    ) -> None:
        self._place = place
        self._hear = hear
        self._greetings = greetings
        self._changed = changed
        self._writers: dict[asyncio.StreamWriter, bool] = {}
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; the caller holds the lock, so what lies at the socket's name is left over. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            self._place.socket.unlink()
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._meet, path=self._place.socket)
        finally:
            os.umask(before)
        self._place.socket.chmod(0o600)

    async def close(self) -> None:
        """Everybody out."""
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(FileNotFoundError):
            self._place.socket.unlink()
        for writer in list(self._writers):
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.drain()
            writer.close()

    @property
    def has_ui(self) -> bool:
        """Somebody is here."""
        return bool(self._writers)

    @property
    def is_watched(self) -> bool:
        """Somebody wants wire lines."""
        return any(self._writers.values())

    def tell(self, message: ToUI) -> None:
        """To everybody it concerns; nobody is waited for."""
        frame = encode(message)
        is_wire = isinstance(message, WireLine)
        for writer, watches in list(self._writers.items()):
            backlog = writer.transport.get_write_buffer_size()
            if backlog > BACKLOG_OCTETS:
                writer.transport.abort()
            elif not is_wire or (watches and backlog < WIRE_BACKLOG_OCTETS):
                writer.write(frame)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= UI_LIMIT:
            writer.close()
            return
        self._writers[writer] = False
        self._changed()
        try:
            for message in self._greetings():
                writer.write(encode(message))
            while (wish := await receive(reader, TO_AGENT)) is not None:
                if isinstance(wish, WatchWire):
                    self._writers[writer] = wish.on
                else:
                    self._hear(wish)
        finally:
            self._writers.pop(writer, None)
            writer.close()
            self._changed()
