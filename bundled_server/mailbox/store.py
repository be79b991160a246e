"""The store Protocol: all that a host keeps on disk, mailboxes, queue and users, behind one face."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from bundled_server.mailbox.changes import Change, QueueItem
from bundled_server.mailbox.flag_column import FlagColumn
from bundled_server.mailbox.records import Record
from bundled_server.mailbox.search.document import TextField
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.training import Kind, TokenCount, Training


class StoreError(Exception):
    """The store cannot do what was asked; the text says why."""


class MailboxExists(StoreError):
    """A mailbox of that name exists."""


class NoSuchMailbox(StoreError):
    """The mailbox is gone."""


class StoreUnavailable(StoreError):
    """Weather: disk full, read-only, locked. Try again later."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of this host; `secret` is opaque to everyone but auth/."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox without its messages. UIDVALIDITY, UIDNEXT and the highest modseq never go back; messages from the
    uid `recent_from` on are \\Recent to whoever claims them first."""

    mailbox_id: int
    owner: str
    name: str
    special_use: str
    uid_validity: int
    uid_next: int
    highest_modseq: int
    recent_from: int


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS's numbers (RFC 3501 §6.3.10)."""

    messages: int
    recent: int
    unseen: int
    deleted: int
    size_octets: int
    uid_next: int
    uid_validity: int
    highest_modseq: int


@dataclass(frozen=True, slots=True)
class Index:
    """Every message of one mailbox as parallel columns in uid order; immutable, shared between sessions.

    `uids`, `modseqs`, `content_ids`, `sizes` are integer arrays, `dates` internal dates in epoch seconds,
    `flags` interned frozensets such as {"\\Seen", "$Label1"} (never \\Recent), `save_dates` when each message came
    into this mailbox, in epoch seconds (RFC 8514).
    """

    highest_modseq: int
    uids: array[int]
    modseqs: array[int]
    content_ids: array[int]
    sizes: array[int]
    dates: array[float]
    flags: FlagColumn
    save_dates: array[float]


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened to a mailbox after some modseq: uids added, uids whose flags changed, uids gone."""

    highest_modseq: int
    added: tuple[int, ...]
    changed: tuple[int, ...]
    expunged: tuple[int, ...]


class Summary(NamedTuple):
    """The precomputed face of one content (see `Content`)."""

    content_id: int
    size_octets: int
    header_octets: int
    envelope: bytes
    body: bytes
    body_structure: bytes


@dataclass(frozen=True, slots=True)
class TextMatches:
    """What the index of words tells: the contents in `holds` have the text, those in `may_hold` must be read, and
    so must every content whose id is above `indexed_to`. All others do not have it."""

    holds: AbstractSet[int]
    may_hold: AbstractSet[int]
    indexed_to: int


NOTHING_KNOWN: Final = TextMatches(frozenset(), frozenset(), 0)
"""Every message must be read."""


Watcher = Callable[[int], None]


class Store(Protocol):
    """What the rest of the server knows of the database.

    `commit` returns after the changes are durable, with one result per change, or raises and has changed
    nothing. Watchers are called in the event loop with the mailbox id right after a commit that touched it.
    Reads see every commit that has returned.
    """

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def commit(self, *changes: Change) -> tuple[Any, ...]: ...

    def watch(self, mailbox_id: int, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every change of that mailbox; the answer stops it."""
        ...

    async def user(self, name: str) -> User | None: ...

    async def users(self) -> list[User]: ...

    async def mailboxes(self, owner: str) -> list[Mailbox]: ...

    async def mailbox(self, owner: str, name: str) -> Mailbox | None:
        """By exact name, INBOX in any case."""
        ...

    async def subscriptions(self, owner: str) -> list[str]: ...

    async def status(self, mailbox_id: int) -> Status: ...

    async def index(self, mailbox_id: int) -> Index:
        """The current snapshot; the same object is returned as long as nothing changed."""
        ...

    async def delta(self, mailbox_id: int, since_modseq: int) -> Delta: ...

    def summaries(self, content_ids: Sequence[int]) -> AsyncIterator[list[Summary]]:
        """In the order asked, in batches small enough that other sessions run between them."""
        ...

    async def body(self, content_id: int) -> bytes: ...

    async def bodies(self, content_ids: Sequence[int]) -> list[bytes | None]:
        """Whole messages in the order asked, None for one that is gone. Meant for small ones: keep them to some
        hundreds, and to a megabyte together."""
        ...

    async def headers(self, content_ids: Sequence[int]) -> list[bytes]:
        """The header blocks with their blank line, in the order asked. Keep `content_ids` to some hundreds."""
        ...

    async def find_text(self, field: TextField, wanted: str) -> TextMatches:
        """Which contents have `wanted` (folded) in one of their texts, as far as the index knows."""
        ...

    async def catch_up(self) -> None:
        """Return when the index of words knows everything that was committed before. It gets there by itself, in
        idle moments; this is for those who cannot wait."""
        ...

    async def thread_keys(self, content_ids: Sequence[int]) -> dict[int, ThreadKeys]:
        """What threading compares, of every content that exists; in bounded time for those indexed."""
        ...

    async def queue_due(self, now: float, limit: int, after: tuple[float, str] | None = None) -> list[QueueItem]:
        """Items with a WAITING recipient due at `now`, not held, oldest due first; those behind the one of this
        due time and queue id."""
        ...

    async def queue_next_due(self, after: float = float("-inf")) -> float | None:
        """When something is due next, later than `after`."""
        ...

    async def queue_items(self) -> list[QueueItem]: ...

    async def queue_item(self, queue_id: str) -> QueueItem | None: ...

    async def records(self, kind: str, owner: str, keys: Sequence[str] | None = None) -> dict[str, Record]:
        """The records of one kind and owner that have not expired, by key; only those of `keys` when given."""
        ...

    async def training(self, owner: str) -> Training: ...

    async def trained_tokens(self, owner: str, tokens: Sequence[str] | None = None) -> dict[str, TokenCount]:
        """The counts that are kept, by token; only those of `tokens` when given."""
        ...

    async def trained_as(self, owner: str, digest: bytes) -> Kind:
        """What the message of this digest was trained as."""
        ...
