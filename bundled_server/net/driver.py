"""The one read/write loop: it drives any protocol machine and its session over one connection."""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from bundled_server.net.connection import Connection
from bundled_server.protocols.machine import Machine

GOODBYE_SECONDS = 2.0
BATCHED_OUTPUT_OCTETS = 16_384

logger = logging.getLogger(__name__)


class Session(Protocol):
    """The policy above a machine. The driver calls `open` once (greeting), `handle` for each event, `woken`
    after `Link.wake`, `timed_out` when a deadline passed or the host stops (`Link.is_stopping`), and `close`
    exactly once at the end."""

    async def open(self) -> None: ...

    async def handle(self, event: Any) -> None: ...

    async def woken(self) -> None: ...

    async def timed_out(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class Link:
    """What a session may do with its connection: know the peer, flush what the machine holds (waiting while the
    peer does not read), be woken from elsewhere, and set how long the peer may be silent (`idle_seconds`), take
    for one command or message (`transaction_seconds`), or take altogether (`finish_within`)."""

    connection: Connection
    session_id: str
    idle_seconds: float
    tls_context: ssl.SSLContext | None
    machine: Machine[Any] | None = None
    transaction_seconds: float | None = None
    is_stopping: bool = False
    finish_by: float | None = None
    event_began: float = 0.0
    held_output: bytes = b""

    @property
    def peer(self) -> str:
        return self.connection.peer_address[0]

    @property
    def is_tls(self) -> bool:
        return self.connection.is_tls

    @property
    def tls_version(self) -> str:
        return self.connection.tls_version

    @property
    def offers_tls(self) -> bool:
        return self.tls_context is not None and not self.connection.is_tls

    def wake(self) -> None:
        self.connection.wake()

    def stop(self) -> None:
        """The host stops: the session says goodbye and the connection closes."""
        self.is_stopping = True
        self.connection.wake()

    def finish_within(self, seconds: float | None) -> None:
        """From now on the dialogue as a whole has this long (a login that must come); None lifts it."""
        self.finish_by = None if seconds is None else self.connection.now() + seconds

    async def flush(self) -> None:
        """Write the machine's output and wait until the peer has taken enough of it."""
        assert self.machine is not None
        output = self.held_output + self.machine.take_output()
        self.held_output = b""
        if output:
            self.connection.write(output)
        if self.connection.is_congested:
            await self.connection.drain(self.idle_seconds)

    def patience(self) -> float:
        """How many seconds to wait for more input: the nearest of the deadlines."""
        if self.finish_by is None and self.transaction_seconds is None:
            return self.idle_seconds
        now = self.connection.now()
        seconds = self.idle_seconds
        if self.transaction_seconds is not None:
            seconds = min(seconds, self.event_began + self.transaction_seconds - now)
        if self.finish_by is not None:
            seconds = min(seconds, self.finish_by - now)
        return seconds


class Turn(Enum):
    """How one turn of the loop ended."""

    WENT_ON = "went on"
    TIMED_OUT = "a deadline passed"
    PEER_LEFT = "the peer sends no more"


async def drive(link: Link, machine: Machine[Any], session: Session) -> None:
    """Run one dialogue to its end. Ends by closing the connection, whatever happened; what the session raises
    is logged and closes this connection only."""
    link.machine = machine
    connection = link.connection
    try:
        await _dialogue(link, machine, session)
    except (OSError, TimeoutError) as weather:
        logger.debug("%s: %s %s", link.session_id, type(weather).__name__, weather)
        connection.abort()
    except asyncio.CancelledError:
        connection.abort()
        raise
    except Exception:
        logger.exception("%s: the session failed", link.session_id)
        connection.write(link.held_output + machine.take_output())
    finally:
        try:
            await session.close()
        except Exception:
            logger.exception("%s: the session did not close", link.session_id)
        finally:
            await connection.finish(GOODBYE_SECONDS)


async def _dialogue(link: Link, machine: Machine[Any], session: Session) -> None:
    connection = link.connection
    link.event_began = connection.now()
    await session.open()
    await link.flush()
    while not machine.closing and not connection.is_lost:
        turn = Turn.TIMED_OUT if link.is_stopping else await _one_turn(link, machine, session)
        if turn is Turn.TIMED_OUT:
            await session.timed_out()
        if turn is not Turn.WENT_ON:
            break
        if machine.wants_tls and link.tls_context is not None:
            await link.flush()
            await connection.start_tls(link.tls_context, link.idle_seconds)
            machine.tls_started()
    await link.flush()


async def _one_turn(link: Link, machine: Machine[Any], session: Session) -> Turn:
    """Handle what the machine has, one wake-up, or wait for more input."""
    connection = link.connection
    if connection.woken:
        connection.woken = False
        await session.woken()
        await link.flush()
        return Turn.WENT_ON
    if await _handle_events(link, machine, session):
        return Turn.WENT_ON
    data = connection.take()
    if not data and not connection.at_eof:
        try:
            await connection.wait(link.patience())
        except TimeoutError:
            return Turn.TIMED_OUT
        if connection.woken:
            return Turn.WENT_ON
        data = connection.take()
    if data:
        machine.receive(data)
        await _handle_events(link, machine, session)
    elif connection.at_eof:
        machine.receive_eof()
        return Turn.WENT_ON if await _handle_events(link, machine, session) else Turn.PEER_LEFT
    return Turn.WENT_ON


async def _handle_events(link: Link, machine: Machine[Any], session: Session) -> bool:
    """Hand every event at hand to the session; replies to pipelined commands leave together (RFC 2920 §3.2)."""
    event = machine.next_event()
    if event is None:
        return False
    connection = link.connection
    while event is not None:
        await session.handle(event)
        link.held_output += machine.take_output()
        if machine.closing or machine.wants_tls or connection.woken or connection.is_lost:
            break
        if len(link.held_output) > BATCHED_OUTPUT_OCTETS:
            await link.flush()
        event = machine.next_event()
    await link.flush()
    link.event_began = connection.now()
    return True
