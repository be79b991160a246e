"""Quotas: how much mail a user may keep, and how full the mailboxes are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bundled_server.mailbox.store import Store

COUNTED_AGAIN_SECONDS = 2.0


@dataclass(slots=True)
class _Count:
    octets: int
    counted_at: float


@dataclass(slots=True)
class Quotas:
    """`octets` holds for whoever has none in `by_user`; 0 is no limit. Mail that was let in since the last count
    is added to it, so that a burst does not slip through."""

    store: Store
    now: Callable[[], float]
    octets: int = 0
    by_user: Mapping[str, int] = field(default_factory=dict)
    refuses: bool = False
    _counts: dict[str, _Count] = field(default_factory=dict)

    def limit(self, user: str) -> int:
        """In octets, 0 for none."""
        return self.by_user.get(user, self.octets)

    async def has_room(self, user: str, size_octets: int) -> bool:
        """Whether one more message of that size may come in; with 0, whether any may."""
        limit = self.limit(user)
        return not limit or await self._used(user) + max(size_octets, 1) <= limit

    def let_in(self, user: str, size_octets: int) -> None:
        """A message goes in."""
        count = self._counts.get(user)
        if count is not None:
            count.octets += size_octets

    async def _used(self, user: str) -> int:
        now, count = self.now(), self._counts.get(user)
        if count is None or not 0 <= now - count.counted_at < COUNTED_AGAIN_SECONDS:
            octets = 0
            for mailbox in await self.store.mailboxes(user):
                octets += (await self.store.status(mailbox.mailbox_id)).size_octets
            count = self._counts[user] = _Count(octets, now)
        return count.octets
