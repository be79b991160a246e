"""Whole messages: the one the user opens now, and the recent ones in the background."""

import asyncio
from typing import Final

from termail.model.folder import Folder
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.responses import Fetch
from termail.mra.imap.sets import uid_sets
from termail.mra.sync.fetched import BODY_ITEMS
from termail.mra.sync.mailboxes import Mailboxes
from termail.store.local_store import LocalStore

BATCH_OCTETS: Final = 4_000_000
BATCH_MESSAGES: Final = 50
LOOKED_AT: Final = 500
BACKGROUND_OCTETS: Final = 2_000_000
"""Larger messages wait until somebody opens them."""
DAY_SECONDS: Final = 86_400.0


class Bodies:
    """Fetches into the store; `skipped` remembers what the server does not give."""

    def __init__(self, connection: ImapConnection, store: LocalStore, mailboxes: Mailboxes) -> None:
        self._connection = connection
        self._store = store
        self._mailboxes = mailboxes
        self._skipped: set[int] = set()

    async def bring(self, message_id: int) -> str:
        """One message now → "" or why not, in words."""
        if self._store.raw(message_id) is not None:
            return ""
        place = self._store.uid_of(message_id)
        if place is None:
            return "the message is gone"
        folder = self._store.folder(place[0])
        if folder is None or not place[1]:
            return "the message is not on the server yet: try again in a moment"
        rows = self._store.rows([message_id])
        size = rows[0].size_octets if rows else 0
        missing = await self._fetch(folder, {place[1]: message_id}, size)
        return "the server no longer has this message" if missing else ""

    def wanted(self, folder: Folder, keep_messages: int, oldest: float) -> list[tuple[int, int, int]]:
        """(message id, uid, size) of recent messages without a body, newest first."""
        found = []
        ids = self._store.without_body(folder.folder_id, keep_messages, oldest)
        for row in self._store.rows([entry for entry in ids if entry not in self._skipped][:LOOKED_AT]):
            if row.size_octets > BACKGROUND_OCTETS:
                continue
            place = self._store.uid_of(row.message_id)
            if place is not None and place[0] == folder.folder_id and place[1]:
                found.append((row.message_id, place[1], row.size_octets))
        return found

    async def bring_batch(self, folder: Folder, wanted: list[tuple[int, int, int]]) -> int:
        """The first of them, as many as go into one batch → how many were taken up."""
        batch: dict[int, int] = {}
        octets = 0
        for message_id, uid, size in wanted[:BATCH_MESSAGES]:
            if batch and octets + size > BATCH_OCTETS:
                break
            batch[uid] = message_id
            octets += size
        self._skipped.update(await self._fetch(folder, batch, octets))
        return len(batch)

    async def _fetch(self, folder: Folder, ids_by_uid: dict[int, int], octets: int) -> list[int]:
        """→ ids of messages the server did not give."""
        missing = dict(ids_by_uid)
        gathered: list[tuple[int, bytes]] = []

        def heard(answer: Fetch) -> None:
            raw = answer.items.get("BODY[]")
            if isinstance(raw, bytes) and answer.uid in missing:
                gathered.append((missing.pop(answer.uid), raw))

        wire_name = self._mailboxes.wire_name(folder.name)
        selected = self._connection.selected
        if selected is None or selected.wire_name != wire_name:
            selected = await self._connection.select(wire_name)
        if selected.uid_validity != self._store.sync_state(folder.folder_id).uid_validity:
            return list(ids_by_uid.values())
        for text, covered in uid_sets(ids_by_uid):
            await self._connection.fetch(text, BODY_ITEMS, heard, len(covered), octets)
        for message_id, raw in gathered:
            await asyncio.to_thread(self._store.put_raw, message_id, raw)
        return list(missing.values())
