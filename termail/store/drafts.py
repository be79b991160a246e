"""Postponed messages and what the user is writing just now."""

from collections.abc import Callable

from termail.store.database import Database
from termail.store.reading import pack, unpack


class Drafts:
    """Saved durably: nobody else has them."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def save(self, account: str, raw: bytes, draft_id: int | None) -> int:
        """Over the draft of that id, or as a new one → draft id."""
        with self._database.transaction(durable=True):
            saved = self._database.query(
                "INSERT OR REPLACE INTO drafts (draft_id, account, saved, raw) VALUES (?, ?, ?, ?)",
                (draft_id, account, self._clock(), pack(raw)),
            ).lastrowid
        assert saved is not None
        return saved

    def all(self) -> list[tuple[int, str, bytes]]:
        """(id, account, octets), the latest saved first."""
        rows = self._database.query("SELECT draft_id, account, raw FROM drafts ORDER BY saved DESC, draft_id DESC")
        return [(draft_id, account, unpack(packed)) for draft_id, account, packed in rows]

    def delete(self, draft_id: int) -> None:
        """A draft that is not there is no error."""
        with self._database.transaction(durable=True):
            self._database.query("DELETE FROM drafts WHERE draft_id = ?", (draft_id,))
