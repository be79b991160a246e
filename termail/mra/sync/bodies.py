"""Whole messages: the one the user opens now, and the recent ones in the background."""

import asyncio
import re
from typing import Final

from termail.mime.skeleton import PARTIAL_OCTETS
from termail.model.folder import Folder
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.responses import Fetch, Value
from termail.mra.imap.sets import uid_sets
from termail.mra.sync.fetched import BODY_ITEMS, STRUCTURE_OCTETS
from termail.mra.sync.mailboxes import Mailboxes
from termail.mra.sync.structure import plan
from termail.store.local_store import LocalStore

BATCH_OCTETS: Final = 4_000_000
BATCH_MESSAGES: Final = 50
LOOKED_AT: Final = 500
BACKGROUND_OCTETS: Final = 2_000_000
"""Larger messages wait until somebody opens them."""
DAY_SECONDS: Final = 86_400.0
_SECTION: Final = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,99}")


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

    async def bring_shown(self, message_id: int) -> str:
        """What is needed to read one message: all of it, or all but its large parts → "" or why not."""
        place = self._store.uid_of(message_id)
        folder = self._store.folder(place[0]) if place is not None else None
        rows = self._store.rows([message_id])
        if place is None or folder is None or not place[1] or not rows or rows[0].size_octets <= PARTIAL_OCTETS:
            return await self.bring(message_id)
        if self._store.raw(message_id) is not None or self._store.skeleton(message_id) is not None:
            return ""
        told = await self._items(folder, place[1], ["BODYSTRUCTURE"], STRUCTURE_OCTETS)
        planned = plan(told.get("BODYSTRUCTURE"), rows[0].size_octets)
        if planned is None:
            return await self.bring(message_id)
        fetched = await self._items(folder, place[1], planned.items, planned.octets)
        octets = {name: value for name, value in fetched.items() if isinstance(value, bytes)}
        raw = planned.skeleton(self._store.header(message_id), octets)
        await asyncio.to_thread(self._store.put_skeleton, message_id, raw)
        return ""

    async def bring_part(self, message_id: int, section: str) -> str:
        """One part of a message, by its section → "" or why not."""
        place = self._store.uid_of(message_id)
        folder = self._store.folder(place[0]) if place is not None else None
        rows = self._store.rows([message_id])
        if place is None or folder is None or not place[1] or not rows or not _SECTION.fullmatch(section):
            return "the message is gone"
        fetched = await self._items(folder, place[1], [f"BODY.PEEK[{section}]"], rows[0].size_octets)
        octets = fetched.get(f"BODY[{section}]")
        if not isinstance(octets, bytes):
            return "the server no longer has this part"
        await asyncio.to_thread(self._store.put_part, message_id, section, octets)
        return ""

    async def _items(self, folder: Folder, uid: int, items: list[str], octets: int) -> dict[str, Value]:
        """What the server answers about one message."""
        found: dict[str, Value] = {}

        def heard(answer: Fetch) -> None:
            if answer.uid == uid:
                found.update(answer.items)

        if await self._is_open(folder):
            await self._connection.fetch(str(uid), f"(UID {' '.join(items)})", heard, 1, octets)
        return found

    async def _is_open(self, folder: Folder) -> bool:
        """Select it → whether our uids are about the same mailbox."""
        wire_name = self._mailboxes.wire_name(folder.name)
        selected = self._connection.selected
        if selected is None or selected.wire_name != wire_name:
            selected = await self._connection.select(wire_name)
        return selected.uid_validity == self._store.sync_state(folder.folder_id).uid_validity

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

        if not await self._is_open(folder):
            return list(ids_by_uid.values())
        for text, covered in uid_sets(ids_by_uid):
            await self._connection.fetch(text, BODY_ITEMS, heard, len(covered), octets)
        for message_id, raw in gathered:
            await asyncio.to_thread(self._store.put_raw, message_id, raw)
        return list(missing.values())
