"""One folder brought up to date: newest first, in steps between which urgent work may go ahead.

What the server has is asked for anew each time (UID SEARCH), so an interrupted sync needs no memory: what is
missing here is fetched, what is gone there is removed, flags follow by CONDSTORE where there is one, else by
comparison.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from termail.model.folder import Folder
from termail.mra.imap.connection import ImapConnection, Selected
from termail.mra.imap.responses import Fetch
from termail.mra.imap.sets import uid_sets
from termail.mra.sync.fetched import FLAG_ITEMS, HEADER_ITEMS, UID_LIMIT, arrived, flags_of
from termail.store.local_store import Arrived, LocalStore, SyncState

FIRST_BATCH: Final = 200
BATCH: Final = 500
FLAG_BATCH: Final = 20_000
HEADER_OCTETS: Final = 65_536
FLAG_OCTETS: Final = 1_024


class Step(msgspec.Struct, frozen=True):
    """What one step did: `changed` rows are in the store; `new_ids` are messages that arrived since the last sync;
    `missing` is how many headers are still to come."""

    changed: bool
    new_ids: tuple[int, ...] = ()
    missing: int = 0


class FolderSync:
    """`operations_done` counts replayed operations: when it moves, what we saw before may be out of date."""

    def __init__(
        self,
        connection: ImapConnection,
        store: LocalStore,
        folder: Folder,
        wire_name: bytes,
        skipped: set[tuple[int, int]],
        operations_done: Callable[[], int],
    ) -> None:
        self._connection = connection
        self._store = store
        self._folder_id = folder.folder_id
        self._wire_name = wire_name
        self._skipped = skipped
        self._operations_done = operations_done

    async def steps(self) -> AsyncIterator[Step]:
        """Each step is committed when it is yielded. Raises ImapRefused when the folder cannot be opened."""
        before = self._store.sync_state(self._folder_id)
        since = 0 if before.complete_above_uid else before.highest_modseq
        selected = await self._connection.select(self._wire_name, before.uid_validity, since)
        done_before = self._operations_done()
        state = self._state_for(selected)
        known = set(self._store.uids(self._folder_id))
        if _is_unchanged(state, selected, len(known)):
            return
        on_server = _resynced(known, selected) or await self._uids_on_server(selected)
        is_whole = len(on_server) >= selected.exists
        gone = [uid for uid in known if uid not in on_server] if is_whole else []
        if gone:
            await asyncio.to_thread(self._store.remove_uids, self._folder_id, gone)
        missing = sorted(
            (uid for uid in on_server if uid not in known and (self._folder_id, uid) not in self._skipped),
            reverse=True,
        )
        first, rest = missing[:FIRST_BATCH], missing[FIRST_BATCH:]
        new_ids = await self._bring(first, state)
        state = self._note(selected, state, first, is_complete=False)
        yield Step(bool(gone or first), new_ids, len(rest))
        changed = await self._flags(selected, state, known.intersection(on_server))
        yield Step(changed, missing=len(rest))
        while rest:
            batch, rest = rest[:BATCH], rest[BATCH:]
            await self._reopen(selected)
            new_ids = await self._bring(batch, state)
            state = self._note(selected, state, batch, is_complete=False)
            yield Step(True, new_ids, len(rest))
        self._note(selected, state, [], is_complete=is_whole)
        if is_whole and self._operations_done() == done_before:
            await asyncio.to_thread(self._store.remove_unmatched, self._folder_id)

    def _state_for(self, selected: Selected) -> SyncState:
        """What we remember, forgotten when UIDVALIDITY changed (RFC 9051 §2.3.1.1)."""
        state = self._store.sync_state(self._folder_id)
        if state.uid_validity and state.uid_validity != selected.uid_validity:
            self._store.reset_uid_validity(self._folder_id, selected.uid_validity)
            self._skipped.clear()
            return self._store.sync_state(self._folder_id)
        return state

    async def _uids_on_server(self, selected: Selected) -> set[int]:
        if not selected.exists:
            return set()
        return {uid for uid in await self._connection.search("ALL") if 0 < uid < UID_LIMIT}

    async def _reopen(self, selected: Selected) -> None:
        """Other work may have selected another mailbox meanwhile."""
        now = self._connection.selected
        if now is None or now.wire_name != self._wire_name:
            again = await self._connection.select(self._wire_name)
            if again.uid_validity != selected.uid_validity:
                self._store.reset_uid_validity(self._folder_id, again.uid_validity)

    async def _bring(self, uids: list[int], state: SyncState) -> tuple[int, ...]:
        """Fetch headers and store them → ids of those that arrived after the last sync."""
        wanted = set(uids)
        gathered: list[Arrived] = []

        def heard(answer: Fetch) -> None:
            message = arrived(answer)
            if message is not None and message.uid in wanted:
                wanted.discard(message.uid)
                gathered.append(message)

        for text, covered in uid_sets(uids):
            await self._connection.fetch(text, HEADER_ITEMS, heard, len(covered), len(covered) * HEADER_OCTETS)
        self._skipped.update((self._folder_id, uid) for uid in wanted)
        if not gathered:
            return ()
        gathered.sort(key=lambda message: message.uid)
        ids = await asyncio.to_thread(self._store.add_messages, self._folder_id, gathered)
        if not state.uid_next:
            return ()
        return tuple(
            message_id
            for message_id, message in zip(ids, gathered, strict=False)
            if message.uid >= state.uid_next and "\\seen" not in {flag.lower() for flag in message.flags}
        )

    async def _flags(self, selected: Selected, state: SyncState, uids: set[int]) -> bool:
        """Bring the flags of what we held before; → whether any changed."""
        if not uids or (selected.highest_modseq and selected.highest_modseq == state.highest_modseq):
            return self._note_modseq(selected)
        flags: dict[int, frozenset[str]] = {}
        seen: dict[frozenset[str], frozenset[str]] = {}

        def heard(answer: Fetch) -> None:
            found = flags_of(answer)
            if found is not None and answer.uid in uids:
                flags[answer.uid] = seen.setdefault(found, found)

        if selected.is_resynced:
            for answer in selected.changed:
                heard(answer)
            changed = await asyncio.to_thread(self._store.put_flags, self._folder_id, flags)
            return self._note_modseq(selected) or bool(changed)
        await self._reopen(selected)
        if selected.highest_modseq and state.highest_modseq:
            since = f" (CHANGEDSINCE {state.highest_modseq})"
            await self._connection.fetch("1:*", FLAG_ITEMS, heard, len(uids), len(uids) * FLAG_OCTETS, since)
        else:
            for text, covered in uid_sets(uids):
                await self._connection.fetch(text, FLAG_ITEMS, heard, len(covered), len(covered) * FLAG_OCTETS)
        changed = await asyncio.to_thread(self._store.put_flags, self._folder_id, flags)
        self._note_modseq(selected)
        return bool(changed)

    def _note_modseq(self, selected: Selected) -> bool:
        state = self._store.sync_state(self._folder_id)
        if state.highest_modseq != selected.highest_modseq:
            fresh = msgspec.structs.replace(state, highest_modseq=selected.highest_modseq)
            self._store.put_sync_state(self._folder_id, fresh)
        return False

    def _note(self, selected: Selected, state: SyncState, batch: list[int], *, is_complete: bool) -> SyncState:
        """Remember how far we came → what new mail is measured against (the state before this sync)."""
        kept = self._store.sync_state(self._folder_id)
        fresh = SyncState(
            uid_validity=selected.uid_validity,
            uid_next=max(selected.uid_next, state.uid_next, max(batch, default=0) + 1),
            highest_modseq=kept.highest_modseq,
            complete_above_uid=0 if is_complete else min(batch, default=1) - 1 or 1,
        )
        if fresh != kept:
            self._store.put_sync_state(self._folder_id, fresh)
        return state


def _resynced(known: set[int], selected: Selected) -> set[int] | None:
    """The uids on the server when QRESYNC told what is different, and the count agrees; else None: ask."""
    if not selected.is_resynced:
        return None
    there = (known - selected.vanished) | {answer.uid for answer in selected.changed if answer.uid < UID_LIMIT}
    return there if there and len(there) == selected.exists else None


def _is_unchanged(state: SyncState, selected: Selected, known: int) -> bool:
    return (
        state.uid_validity == selected.uid_validity
        and state.complete_above_uid == 0
        and state.uid_next == selected.uid_next
        and 0 < state.highest_modseq == selected.highest_modseq
        and known == selected.exists
    )
