"""What was seen, answered and done before: keys with an expiry, in the store or on their way there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bundled_server.mailbox.records import PutRecords, Record
from bundled_server.mailbox.store import Store


@dataclass(slots=True)
class Memory:
    """Several messages are planned before the first is committed, so keys count from the moment they are noted,
    but not for the message that noted them: it may be planned again."""

    store: Store
    _pending: dict[tuple[str, str, str], str] = field(default_factory=dict)

    async def known(
        self, kind: str, owner: str, queue_id: str, keys: Sequence[str] | None = None
    ) -> frozenset[str]:
        """The keys that are known, all or those of `keys`."""
        found = set(await self.store.records(kind, owner, keys))
        for (one_kind, one_owner, key), noted_by in self._pending.items():
            if (one_kind, one_owner) == (kind, owner) and noted_by != queue_id and (keys is None or key in keys):
                found.add(key)
        return frozenset(found)

    def note(self, kind: str, owner: str, queue_id: str, key: str, expires: float) -> PutRecords:
        """The change that writes it down."""
        self._pending[kind, owner, key] = queue_id
        return PutRecords(kind, owner, (Record(key, b"", expires),))

    def settled(self, queue_id: str) -> None:
        """What this message noted is in the store now."""
        for place in [place for place, noted_by in self._pending.items() if noted_by == queue_id]:
            del self._pending[place]

    def forget(self) -> None:
        """A commit failed: only the store counts."""
        self._pending.clear()
