"""What the admin API may do to a host, as a Protocol that the composition root fulfils."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from bundled_server.mailbox.changes import QueueItem


class QueueControl(Protocol):
    """Hands on the queue. The verbs answer False when no item has that id."""

    async def items(self) -> list[QueueItem]: ...

    async def item(self, queue_id: str) -> QueueItem | None: ...

    async def hold(self, queue_id: str) -> bool: ...

    async def release(self, queue_id: str) -> bool: ...

    async def requeue(self, queue_id: str) -> bool: ...

    async def delete(self, queue_id: str) -> bool: ...

    async def flush(self, domain: str = "") -> int:
        """Make everything (of one recipient domain) due now → how many items."""
        ...


class UserControl(Protocol):
    """Hands on the users. `put` creates or gives a new password; `remove` answers False for an unknown name."""

    async def names(self) -> list[str]: ...

    async def put(self, name: str, password: str) -> None: ...

    async def remove(self, name: str) -> bool: ...


class DomainControl(Protocol):
    """Hands on the domains. `add`, `alias` and `remove` answer False when nothing had to change, and raise
    ValueError with the reason when it cannot be."""

    def describe(self) -> list[dict[str, str]]: ...

    def add(self, domain: str) -> bool: ...

    def alias(self, domain: str, target: str) -> bool: ...

    def remove(self, domain: str) -> bool: ...


Import = Callable[[str, Path, str, str | None], Awaitable[int]]
"""Bring mail into (a user's mailboxes, from a path of this machine, in a format, into one mailbox) → how many
messages. Raises ValueError, OSError and StoreError with the reason."""


class Clerk(Protocol):
    """Answers the administrator's questions to one room of the host, each a verb with plain values; raises
    ValueError for what cannot be, LookupError for what does not exist, OSError for a file that cannot be read."""

    async def answer(self, verb: str, wanted: object) -> object: ...


class FilterControl(Protocol):
    """Hands on the filters. `switch` answers False when nothing had to change, and raises ValueError for a filter
    that does not exist."""

    def describe(self) -> list[dict[str, object]]: ...

    def switch(self, name: str, *, on: bool) -> bool: ...


class Gauges(Protocol):
    """Numbers that are read when somebody asks: metric name → value."""

    async def read(self) -> Mapping[str, float]: ...
