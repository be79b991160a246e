"""A mail world for the tests of other programs: it runs in a thread, and is asked without `await`."""

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from bundled_server.filter_config import FilterSettings, Greylist
from bundled_server.journal import Event, Filter
from bundled_server.world.faults.fault import Fault
from bundled_server.world.journey import journey_of
from bundled_server.world.mailboxes import INBOX, Mailboxes, NewMail
from bundled_server.world.places import PASSWORD, PLACES, Place
from bundled_server.world.snapshots import START
from bundled_server.world.world import World

START_SECONDS = 30.0
CALL_SECONDS = 120.0
ONE_HOST = (Place("mail.example.test", "example.test", ("alice", "bob")),)
QUIET_FILTERS = FilterSettings(greylist=Greylist(enabled=False, delay_seconds=60.0))
"""Nothing judges a developer's mail; greylisting can be switched on as a fault."""

ResultT = TypeVar("ResultT")
Matches = Callable[[EmailMessage], bool]


def _any(message: EmailMessage) -> bool:
    return True


class MailWorld:
    """Hosts on loopback with free ports, their DNS, faults and a clock; nothing leaves the machine. Use it as a
    context manager, or call `start` and `stop`. `places` say which hosts; without `folder` it is a fresh one that
    goes at the end."""

    def __init__(self, folder: Path | None = None, places: Sequence[Place] = PLACES) -> None:
        self._fresh = tempfile.TemporaryDirectory(prefix="termail-test-") if folder is None else None
        self._folder = Path(self._fresh.name) / "world" if self._fresh is not None else Path(str(folder))
        self._places = tuple(places)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None
        self.world: World
        self.mailboxes: Mailboxes

    def start(self) -> None:
        """Return when every port accepts. Raises what stopped the world from opening."""
        ready: Future[World] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="mail world", daemon=True)
        self._thread.start()
        self.world = ready.result(START_SECONDS)
        self.mailboxes = Mailboxes(self.world)

    def stop(self) -> None:
        """Close everything."""
        if self._thread is None:
            return
        if self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_SECONDS)
        self._thread = None
        if self._fresh is not None:
            self._fresh.cleanup()

    def __enter__(self) -> "MailWorld":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # its hosts

    def host(self, name: str = "") -> "MailHost":
        """One host by its name or domain; without a name the first. Raises LookupError."""
        return MailHost(self, self.world.station(name or self._places[0].domain).place)

    @property
    def hosts(self) -> "list[MailHost]":
        """All of them."""
        return [MailHost(self, place) for place in self._places]

    # faults, time, the way back

    def fault(self, name: str, target: str, **parameters: str | int | float) -> str:
        """Set a fault (`termail-server fault kinds` lists them) → the key that clears it. Raises BadFault."""
        return self.call(self.world.faults.set(Fault(name, target, dict(parameters)))).key

    def mend(self, key: str = "") -> None:
        """Clear one fault, or all."""
        self.call(self.world.faults.clear(key) if key else self.world.faults.clear_all())

    def now(self) -> float:
        """The world's time in epoch seconds."""
        return self.world.clock.now()

    def advance(self, seconds: float) -> None:
        """Let that much of the world's time pass at once: what is due is tried now."""
        self._now(self.world.clock.advance, seconds)

    def run_faster(self, factor: float) -> None:
        """Let its time run that many times as fast."""
        self._now(self.world.clock.set_factor, factor)

    def snapshot(self, name: str) -> None:
        """Keep everything as it is now, under a name."""
        self.call(self.world.snapshots.take(name))

    def reset(self, snapshot: str = START) -> None:
        """Put everything back, on the same ports; without a name to the empty world of the start."""
        self.call(self.world.snapshots.restore(snapshot))

    # what happened

    def journal(self, **wanted: Any) -> list[Event]:
        """The events that fit: `host`, `agent`, `session`, `queue_id`, `message_id`, `after`, `since`."""
        return Filter(**wanted).select(self.world.journal.recent())

    def journey(self, message_id: str) -> list[Event]:
        """All that happened to one message, with its dialogues."""
        return journey_of(self.world.journal.recent(), message_id)

    # the thread

    def call(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run a coroutine in the world's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    def _now(self, act: Callable[[float], None], value: float) -> None:
        async def run() -> None:
            act(value)

        self.call(run())

    def _run(self, ready: "Future[World]") -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
        finally:
            self._loop.close()

    async def _serve(self, ready: "Future[World]") -> None:
        self._stopping = asyncio.Event()
        world = World(self._folder, places=self._places, sample_mail=False, filters=QUIET_FILTERS)
        async with world:
            ready.set_result(world)
            await self._stopping.wait()


class MailHost:
    """One host of a MailWorld: its `ports` by service, its users, and what they got."""

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, world: MailWorld, place: Place) -> None:
        self.world = world
        self.hostname = place.hostname
        self.domain = place.domain
        self.users = place.users

    @property
    def ports(self) -> dict[str, int]:
        """smtp, submission, submissions, imap, imaps, pop3, pop3s."""
        return self.world.world.station(self.domain).host.bound_ports

    @property
    def ca(self) -> Path:
        """The authority that signed the certificate of this host."""
        return self.world.world.authority.certificate

    def send(self, to: str, subject: str = "", text: str = "", *, sender: str = "", raw: str = "") -> str:
        """Let a stranger (or `sender`) write to somebody → the Message-ID."""
        mail = NewMail(to=[self._address(to)], sender=sender, subject=subject, text=text, raw=raw)
        return self.world.call(self.world.mailboxes.send(mail))

    def messages(self, user: str, mailbox: str = INBOX) -> list[EmailMessage]:
        """What `user` has, oldest first. Raises LookupError."""
        return self.world.call(self._read(user, mailbox))

    def wait_for(
        self, user: str, matches: Matches = _any, *, mailbox: str = INBOX, seconds: float = 10.0
    ) -> EmailMessage:
        """The newest message of `user` that matches, as soon as there is one. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.messages(user, mailbox)
            fitting = [message for message in found if matches(message)]
            if fitting:
                return fitting[-1]
            left = deadline - time.monotonic()
            if left <= 0 or not self._grows(user, mailbox, len(found), left):
                raise TimeoutError(f"no such message came to {user} within {seconds:g} s")

    def delete(self, user: str, mailbox: str = INBOX) -> int:
        """Empty a mailbox → how many messages went."""
        return self.world.call(self.world.mailboxes.delete(self._address(user), mailbox=mailbox))

    def waiting(self) -> list[str]:
        """The recipients for whom mail waits in this host's queue."""
        items = self.world.call(self.world.world.station(self.domain).host.spool.items())
        return [one.recipient.address for item in items for one in item.recipients if one.state.value == "waiting"]

    def _address(self, user: str) -> str:
        return user if "@" in user else f"{user}@{self.domain}"

    def _grows(self, user: str, mailbox: str, count: int, seconds: float) -> bool:
        """Wait until there are more than `count` messages."""
        waiting = self.world.mailboxes.grown(self._address(user), count, mailbox=mailbox, seconds=seconds)
        return self.world.call(waiting)

    async def _read(self, user: str, mailbox: str) -> list[EmailMessage]:
        address = self._address(user)
        listed = await self.world.mailboxes.messages(address, mailbox)
        octets = [await self.world.mailboxes.octets(address, mail.uid, mailbox) for mail in listed]
        return [message_from_bytes(raw, policy=policy.default) for raw in octets]
