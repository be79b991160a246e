"""A host's mailing lists over either store: letters go in, what would leave or arrive comes out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bundled_server.courier import Outcome
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mailbox.changes import Enqueue, PutUser, RemoveFromQueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.memory_store import MemoryStore
from bundled_server.mailbox.sqlite_store import SqliteStore
from bundled_server.mailbox.store import Store
from bundled_server.mda.addresses import Addresses
from bundled_server.mda.lists.circulation import Circulation
from bundled_server.mda.lists.clerk import ListClerk
from bundled_server.mda.lists.desk import ListDesk
from bundled_server.mda.lists.shelf import ARCHIVES, ListShelf
from bundled_server.mda.local import LocalCourier, LocalParts

DAY = 86_400.0


class Users:
    """Who has a mailbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def exists(self, name: str) -> bool:
        return await self._store.user(name) is not None

    async def verify(self, name: str, password: str) -> bool:
        return False


@dataclass
class Sent:
    """A letter in the queue."""

    sender: str
    to: str
    content: Content

    @property
    def message(self) -> Message:
        return message_from_bytes(self.content.data)

    @property
    def text(self) -> str:
        return self.content.data.decode("utf-8", "replace")


@dataclass
class Office:
    """One host. `sent` collects what the lists put into the queue."""

    store: Store
    clerk: ListClerk
    courier: LocalCourier
    shelf: ListShelf
    journal: Journal
    now: list[float]
    sent: list[Sent] = field(default_factory=list)

    async def ask(self, verb: str, **wanted: Any) -> Any:
        return await self.clerk.answer(verb, wanted)

    async def letter(self, to: str, message: str | bytes, sender: str = "alice@cities.org") -> Outcome:
        """Deliver one letter as the runner does, its plan in one commit; what it puts into the queue is `sent`."""
        data = message if isinstance(message, bytes) else message.replace("\n", "\r\n").encode()
        queue_id = f"Q{next(_NUMBERS)}"
        plan = await self.courier.plan(queue_id, Envelope(sender, (Recipient(to),)), prepare(data))
        results = await self.store.commit(*plan.changes, RemoveFromQueue(queue_id))
        plan.settled(results[: len(plan.changes)])
        self.sent = []
        for change in plan.changes:
            if isinstance(change, Enqueue):
                self.collect(change)
        return plan.outcomes[0]

    def collect(self, change: Enqueue) -> None:
        for recipient in change.envelope.recipients:
            self.sent.append(Sent(change.envelope.sender, recipient.address, change.content))

    async def archive(self, name: str) -> list[bytes]:
        mailbox = await self.store.mailbox(ARCHIVES, name)
        if mailbox is None:
            return []
        return [await self.store.body(one) for one in (await self.store.index(mailbox.mailbox_id)).content_ids]


_NUMBERS = count(1)


@pytest.fixture(params=["memory", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    now = [1_000_000.0]

    def clock() -> float:
        return now[0]

    store: Store = MemoryStore(clock) if request.param == "memory" else SqliteStore(tmp_path / "host.db", clock)
    await store.open()
    await store.commit(*(PutUser(name, "x") for name in ("alice", "bob", "juan")))
    ids = count(1)

    def new_id() -> str:
        return f"N{next(ids)}"

    shelf = ListShelf(store, clock)
    await shelf.load()
    circulation = Circulation(shelf, new_id, clock)
    journal = Journal("brasilia", clock)
    addresses = Addresses(
        Users(store),
        ("cities.org",),
        {},
        "alice",
        100,
        is_list=lambda local, domain: shelf.find(local, domain) is not None,
    )
    courier = LocalCourier(
        LocalParts(store, addresses, journal, clock, new_id, lists=ListDesk(shelf, circulation, new_id))
    )
    made: list[Office] = []
    clerk = ListClerk(
        shelf,
        circulation,
        "cities.org",
        addresses.exists,
        lambda item, content: made[0].sent.append(
            Sent(item.envelope.sender, item.envelope.recipients[0].address, content)
        ),
    )
    made.append(Office(store, clerk, courier, shelf, journal, now))
    yield made[0]
    await store.close()


@pytest.fixture
async def redes(office: Office) -> Office:
    """With the list redes@cities.org, owned by juan, and three members."""
    await office.ask("create", name="redes", owners=("juan@cities.org",), description="Computer networks")
    await office.ask("join", name="redes", which=("alice@cities.org", "juan@cities.org", "bob@other.test"))
    return office
