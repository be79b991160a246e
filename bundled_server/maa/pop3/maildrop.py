"""The maildrop: INBOX as POP3 sees it, a numbered snapshot that one session holds alone (RFC 1939 §4)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bundled_server.mailbox.changes import Expunge, FlagMode, StoreFlags
from bundled_server.mailbox.store import Index, Mailbox, NoSuchMailbox, Store, StoreUnavailable

INBOX = "INBOX"
AHEAD_OCTETS = 131_072
SEEN = frozenset(("\\Seen",))


class NoSuchMessage(Exception):
    """The number is out of range, or the message is marked as deleted."""


@dataclass(slots=True)
class Maildrop:
    """Messages are numbered from 1 and keep their number; nothing is removed before `remove_marked`."""

    store: Store
    mailbox: Mailbox
    index: Index
    marked: set[int] = field(default_factory=set)
    retrieved: set[int] = field(default_factory=set)
    ahead: dict[int, bytes | None] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Messages that are not marked."""
        return len(self.index.uids) - len(self.marked)

    @property
    def size_octets(self) -> int:
        return sum(self.index.sizes) - sum(self.index.sizes[number - 1] for number in self.marked)

    def numbers(self) -> Iterator[int]:
        return (number for number in range(1, len(self.index.uids) + 1) if number not in self.marked)

    def size_of(self, number: int) -> int:
        return self.index.sizes[self._position(number)]

    def unique_id(self, number: int) -> str:
        """The same for this message in every session, and never another's (RFC 1939 §7, UIDL)."""
        return f"{self.mailbox.uid_validity}.{self.index.uids[self._position(number)]}"

    async def message(self, number: int) -> bytes:
        """The octets. Raises NoSuchMessage also for one that another client has removed."""
        position = self._position(number)
        now = await self.store.index(self.mailbox.mailbox_id)
        if now is not self.index and not _holds(now.uids, self.index.uids[position]):
            raise NoSuchMessage("another client removed this message")
        if position not in self.ahead:
            self.ahead = await self._read_ahead(position)
        message = self.ahead.pop(position, None)
        return message if message is not None else await self.store.body(self.index.content_ids[position])

    async def _read_ahead(self, position: int) -> dict[int, bytes | None]:
        """Clients retrieve one message after the other: small ones come from the store some at a time."""
        octets, end = 0, position
        while end < len(self.index.uids) and octets + self.index.sizes[end] <= AHEAD_OCTETS:
            octets += self.index.sizes[end]
            end += 1
        some = range(position, end)
        bodies = await self.store.bodies(self.index.content_ids[position:end]) if some else []
        return dict(zip(some, bodies, strict=True))

    def mark(self, number: int) -> None:
        self._position(number)
        self.marked.add(number)

    def unmark_all(self) -> None:
        self.marked.clear()

    async def remove_marked(self) -> None:
        """The UPDATE state: remove for good what was marked, note what was read."""
        key = self.mailbox.mailbox_id
        gone = self._uids(self.marked)
        read = self._uids(self.retrieved - self.marked)
        if read:
            with suppress(StoreUnavailable):  # a mark of courtesy; it does not make QUIT fail
                await self.store.commit(StoreFlags(key, read, FlagMode.ADD, SEEN))
        if gone:
            await self.store.commit(Expunge(key, gone))

    def _uids(self, numbers: set[int]) -> tuple[int, ...]:
        return tuple(self.index.uids[number - 1] for number in sorted(numbers))

    def _position(self, number: int) -> int:
        if not 1 <= number <= len(self.index.uids):
            raise NoSuchMessage(f"no such message, there are {len(self.index.uids)}")
        if number in self.marked:
            raise NoSuchMessage(f"message {number} is deleted")
        return number - 1


def _holds(uids: Sequence[int], uid: int) -> bool:
    position = bisect_left(uids, uid)
    return position < len(uids) and uids[position] == uid


async def open_maildrop(store: Store, owner: str) -> Maildrop:
    """A snapshot of the owner's INBOX."""
    mailbox = await store.mailbox(owner, INBOX)
    if mailbox is None:
        raise NoSuchMailbox("there is no INBOX")
    return Maildrop(store, mailbox, await store.index(mailbox.mailbox_id))
