"""Records: small durable values that a room keeps in the store, by kind, owner and key."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Record:
    """One value. `expires` in epoch seconds: from then on it is as if it were not there."""

    key: str
    value: bytes = b""
    expires: float = inf


@dataclass(frozen=True, slots=True)
class PutRecords:
    """Write records of one kind and owner → tuple of the keys that were written. With `only_new` a key that has
    a record keeps it and is not in the answer: whoever asks first, wins."""

    kind: str
    owner: str
    records: tuple[Record, ...]
    only_new: bool = False


@dataclass(frozen=True, slots=True)
class DeleteRecords:
    """Remove records → None; all of that kind and owner when `keys` is None. The records of a user go with the
    user."""

    kind: str
    owner: str
    keys: tuple[str, ...] | None = None


def living(records: Iterable[Record], now: float) -> dict[str, Record]:
    """Those that have not expired, by key."""
    return {record.key: record for record in records if record.expires > now}
