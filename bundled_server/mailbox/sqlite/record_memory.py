"""What single records said when they were last read: some are asked for with every message."""

from collections.abc import Iterable
from typing import Final

from bundled_server.mailbox.changes import Change, DeleteUser
from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record

OWNERS_REMEMBERED: Final = 10_000
RECORDS_REMEMBERED: Final = 100


class RecordMemory:
    """By kind and owner, None where there is no record. A commit that touches a kind of an owner's forgets it; so
    does everything when another process wrote."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, Record | None]] = {}

    def get(self, kind: str, owner: str, key: str) -> tuple[Record | None] | None:
        """The record in a tuple, None when nothing is remembered."""
        known = self._known.get((kind, owner))
        return (known[key],) if known is not None and key in known else None

    def put(self, kind: str, owner: str, key: str, record: Record | None) -> None:
        """The store says so."""
        if len(self._known) >= OWNERS_REMEMBERED:
            self._known.clear()
        known = self._known.setdefault((kind, owner), {})
        if len(known) >= RECORDS_REMEMBERED:
            known.clear()
        known[key] = record

    def committed(self, changes: Iterable[Change]) -> None:
        """These are in the store now."""
        for change in changes:
            match change:
                case PutRecords(kind, owner) | DeleteRecords(kind, owner):
                    self._known.pop((kind, owner), None)
                case DeleteUser():
                    self._known.clear()

    def clear(self) -> None:
        """Somebody else wrote."""
        self._known.clear()
