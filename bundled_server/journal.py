"""The journal: what happened to each message, agent by agent, line by line."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec

from bundled_server.journal_file import JournalFile

KEEP_IN_MEMORY = 20_000
SUBSCRIBER_BACKLOG = 10_000
FILE_LIMIT_OCTETS = 67_108_864


class Agent(StrEnum):
    """The agents of the lecture's picture, and the practice world, which does to them what it is asked."""

    MUA = "MUA"
    LMTA = "LMTA"
    MQ = "MQ"
    MSA = "MSA"
    MTA = "MTA"
    DNS = "DNS"
    FILTER = "FILTER"
    MDA = "MDA"
    MAA = "MAA"
    MRA = "MRA"
    WORLD = "WORLD"


class Step(IntEnum):
    """The numbered arrows of the lecture's extended architecture."""

    TYPE = 1
    HAND_TO_LMTA = 2
    LMTA_QUEUE = 3
    FILE_SYSTEM = 4
    SUBMIT = 5
    RELAY = 6
    DNS_QUESTION = 7
    DNS_ANSWER = 8
    HAND_TO_LDA = 9
    MAILBOX = 10
    RETRIEVE = 11
    WEB = 12


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened. `time` in epoch seconds; `kind` a short past-tense word (connected, queued,
    relayed, deferred, refused, delivered, resolved, authenticated, wire …); `direction` "C" or "S" for a line
    of dialogue, else "". Text has no control characters and no secrets.

    `number` grows with every event of a host, or of the whole world where one gathers them. `exchange` groups the
    lines of a session: 0 is what comes before the first command (IMAP, POP3) or transaction (SMTP), each further
    number is one command with its answer, or one transaction. `octets` is what a line measured with its line end;
    `tls` the protocol version it travelled under. A "packet" is a piece of ciphertext: its `octets` went over the
    wire, and `text` shows how it begins, in hexadecimal."""

    time: float
    host: str
    agent: Agent
    kind: str
    text: str
    step: int = 0
    direction: str = ""
    session: str = ""
    queue_id: str = ""
    message_id: str = ""
    peer: str = ""
    number: int = 0
    exchange: int = 0
    octets: int = 0
    tls: str = ""


def printable(text: str) -> str:
    """`text` with every control character escaped, so that no peer can forge a line of the journal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


class Gathering(Protocol):
    """Where the events of several hosts come together as they happen."""

    def next_number(self) -> int: ...

    def hear(self, event: Event) -> None: ...


class EventStream:
    """The latest events, kept in memory and told to subscribers."""

    def __init__(self) -> None:
        self._recent: deque[Event] = deque(maxlen=KEEP_IN_MEMORY)
        self._subscribers: set[asyncio.Queue[Event]] = set()

    def add(self, event: Event) -> None:
        """One more event."""
        self._recent.append(event)
        for subscriber in self._subscribers:
            with suppress(asyncio.QueueFull):
                subscriber.put_nowait(event)

    def recent(self) -> Sequence[Event]:
        """The latest events, oldest first."""
        return tuple(self._recent)

    async def follow(self, *, from_recent: bool = False) -> AsyncGenerator[Event, None]:
        """Every event from now on, after what is remembered when `from_recent`; a subscriber that does not keep up
        misses some."""
        queue: asyncio.Queue[Event] = asyncio.Queue(SUBSCRIBER_BACKLOG)
        earlier = tuple(self._recent) if from_recent else ()
        self._subscribers.add(queue)
        try:
            for event in earlier:
                yield event
            while True:
                yield await queue.get()
        finally:
            self._subscribers.discard(queue)


class Journal:
    """Keeps the latest events in memory, streams them to subscribers, and appends them to a JSON-lines file.

    The file is written in blocks: call `flush` now and then.
    """

    def __init__(
        self,
        host: str,
        now: Callable[[], float],
        path: Path | None = None,
        file_limit_octets: int = FILE_LIMIT_OCTETS,
        gathering: Gathering | None = None,
    ) -> None:
        self._host = host
        self._gathering = gathering
        self._numbers = count(1)
        self._now = now
        self._events = EventStream()
        self._encode = msgspec.json.Encoder().encode
        self._file = JournalFile(path, file_limit_octets) if path else None
        self.counts: dict[tuple[str, str], int] = {}

    def record(
        self,
        agent: Agent,
        kind: str,
        text: str,
        *,
        step: int = 0,
        direction: str = "",
        session: str = "",
        queue_id: str = "",
        message_id: str = "",
        peer: str = "",
        exchange: int = 0,
        octets: int = 0,
        tls: str = "",
    ) -> None:
        """Note one event now."""
        gathering = self._gathering
        event = Event(
            time=self._now(),
            host=self._host,
            agent=agent,
            kind=kind,
            text=text if text.isprintable() else printable(text),
            step=int(step),
            direction=direction,
            session=session,
            queue_id=queue_id,
            message_id=message_id if message_id.isprintable() else printable(message_id),
            peer=peer,
            number=next(self._numbers) if gathering is None else gathering.next_number(),
            exchange=exchange,
            octets=octets,
            tls=tls,
        )
        self._events.add(event)
        key = (agent, kind)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self._file is not None:
            self._file.append(self._encode(event))
        if gathering is not None:
            gathering.hear(event)

    def recent(self) -> Sequence[Event]:
        """The latest events, oldest first."""
        return self._events.recent()

    def follow(self, *, from_recent: bool = False) -> AsyncGenerator[Event, None]:
        """See `EventStream.follow`."""
        return self._events.follow(from_recent=from_recent)

    def flush(self) -> None:
        """Hand buffered lines to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write out and close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted; what is empty (0 for `since`, in epoch seconds, and for `after`, an event's number)
    excludes nothing."""

    message_id: str = ""
    queue_id: str = ""
    session: str = ""
    agent: str = ""
    since: float = 0.0
    host: str = ""
    after: int = 0

    def takes(self, event: Event) -> bool:
        """Whether this single event is wanted. A message id stands with or without its angle brackets."""
        return (
            event.time >= self.since
            and event.number > self.after
            and (not self.host or event.host == self.host)
            and (not self.agent or event.agent.value == self.agent.upper())
            and (not self.session or event.session == self.session)
            and (not self.queue_id or event.queue_id == self.queue_id)
            and (not self.message_id or event.message_id.strip("<>") == self.message_id.strip("<>"))
        )

    def select(self, events: Sequence[Event]) -> list[Event]:
        """The wanted ones. By message id, all that happened to its queue ids belongs to it."""
        if not self.message_id:
            return [event for event in events if self.takes(event)]
        wanted = self.message_id.strip("<>")
        queue_ids = {event.queue_id for event in events if event.message_id.strip("<>") == wanted} - {""}
        rest = replace(self, message_id="")
        return [
            event
            for event in events
            if rest.takes(event) and (event.queue_id in queue_ids or event.message_id.strip("<>") == wanted)
        ]


class Following:
    """A Filter for events that come one by one: by message id, it learns the queue ids on the way."""

    def __init__(self, wanted: Filter) -> None:
        self._message_id = wanted.message_id.strip("<>")
        self._rest = replace(wanted, message_id="")
        self._queue_ids: set[str] = set()

    def takes(self, event: Event) -> bool:
        """Whether this event is wanted, given those before it."""
        if self._message_id:
            if event.message_id.strip("<>") == self._message_id:
                if event.queue_id:
                    self._queue_ids.add(event.queue_id)
            elif event.queue_id not in self._queue_ids:
                return False
        return self._rest.takes(event)
