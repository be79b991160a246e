"""The UI's end of the agent: finds or starts the background process and exchanges messages with it."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from termail.agent.frames import TO_UI, encode, receive
from termail.agent.messages import (
    AccountState,
    BodyArrived,
    OpenFolder,
    SyncFinished,
    SyncNow,
    ToAgent,
    ToUI,
    WantBody,
    WatchWire,
)
from termail.agent.place import Place

START_SECONDS: Final = 15.0
TRIES: Final = 5
STEADY_SECONDS: Final = 10.0
SLOW_RETRY_SECONDS: Final = 15.0


class AgentDidNotStart(OSError):
    """The text says where its last words are."""


class AgentClient:
    """`connect` starts the agent when none runs, and again when it died. Messages that cannot be delivered now
    are not lost: the agent looks at the journal and the outbox when it starts, and what this UI looks at and
    waits for is said again."""

    def __init__(self, config: Path, data: Path) -> None:
        self._config = config
        self._data = data
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._standing: dict[type, ToAgent] = {}
        self._bodies: dict[tuple[int, str], WantBody] = {}

    async def connect(self) -> None:
        """Raises AgentDidNotStart, place.NotOurs, OSError."""
        place = Place(self._data)
        for attempt in range(TRIES):
            if await self._reach(place):
                return
            if attempt > 1:  # another agent is just coming or going
                await asyncio.sleep(0.2 * attempt)
            await self._start(place)
        if await self._reach(place):
            return
        raise AgentDidNotStart(f"the agent does not start: see {place.log}")

    async def send(self, message: ToAgent) -> None:
        """Never waits for the network, never raises when the agent is away."""
        match message:
            case OpenFolder() | WatchWire() | SyncNow():
                self._standing[type(message)] = message
            case WantBody(message_id=message_id, section=section):
                self._bodies[message_id, section] = message
            case _:
                pass
        if self._writer is not None and not self._writer.is_closing():
            with contextlib.suppress(ConnectionError):
                self._writer.write(encode(message))
                await self._writer.drain()

    async def messages(self) -> AsyncIterator[ToUI]:
        """Everything the agent says, across restarts of the agent, until `close`."""
        while not self._is_closed:
            met = time.monotonic()
            if self._reader is not None:
                while (message := await receive(self._reader, TO_UI)) is not None:
                    if isinstance(message, BodyArrived):
                        self._bodies.pop((message.message_id, message.section), None)
                    elif isinstance(message, SyncFinished):
                        self._standing.pop(SyncNow, None)
                    yield message
            self._hang_up()
            if self._is_closed:
                return
            if time.monotonic() - met < STEADY_SECONDS:
                await asyncio.sleep(0.2)
            try:
                await self.connect()
            except OSError as error:
                yield AccountState(account="", state="error", text=str(error))
                await asyncio.sleep(SLOW_RETRY_SECONDS)

    async def close(self) -> None:
        """Leave; an agent that was started for this UI alone stops after its work is done."""
        self._is_closed = True
        writer = self._writer
        self._hang_up()
        if writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()
        if self._child is not None:
            self._child.poll()

    async def _reach(self, place: Place) -> bool:
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(place.socket)
        except (FileNotFoundError, ConnectionError):
            return False
        for message in (*self._standing.values(), *self._bodies.values()):
            self._writer.write(encode(message))
        return True

    async def _start(self, place: Place) -> None:
        """Returns when the child listens or ended: it says "ready" or closes its standard output."""
        log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        command = [sys.executable, "-m", "termail.agent", "--config", str(self._config), "--data", str(self._data)]
        try:
            child = self._child = subprocess.Popen(  # noqa: ASYNC220 - spawning takes a millisecond
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C is not the agent's
            )
        finally:
            os.close(log)
        assert child.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.to_thread(child.stdout.readline)
        except TimeoutError:
            raise AgentDidNotStart(f"the agent does not start in time: see {place.log}") from None
        finally:
            child.stdout.close()
        child.poll()

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
