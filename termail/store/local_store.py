"""The local mail store: everything the client shows, in one SQLite file shared by the UI and the agent.

Both processes open it (WAL, fair turns at writing); each write is one short transaction. Reads are plain calls:
a page of rows costs well under a millisecond, and the UI calls anything longer from a worker thread, each thread
with a connection of its own.
"""

import secrets
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from termail.model.actions import Action
from termail.model.folder import Folder
from termail.model.order import Order
from termail.model.outbox import OutboxItem, OutboxPart, OutboxState
from termail.model.row import Row
from termail.store.arrivals import Arrivals
from termail.store.contents import Contents
from termail.store.database import Database
from termail.store.drafts import Drafts
from termail.store.effects import Effects
from termail.store.folder_list import FolderList
from termail.store.folders import Folders
from termail.store.identities import Identities
from termail.store.journal import Journal
from termail.store.listing import Listing
from termail.store.matching import Matching
from termail.store.outbox import Outbox
from termail.store.pending import PendingFlags
from termail.store.places import Places
from termail.store.records import Arrived, Operation, RemoteFolder, SyncState, Thread
from termail.store.rows import Rows

__all__ = ["Arrived", "LocalStore", "Operation", "RemoteFolder", "SyncState", "Thread"]


class LocalStore:
    """See the module. All methods are synchronous and thread-safe. Its parts do the work."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        holder = secrets.token_hex(8)
        self._database = Database(path)
        self._folders = Folders(self._database)
        self._contents = Contents(self._database)
        self._places = Places(self._database, self._contents)
        self._identities = Identities(self._database, self._folders)
        self._folder_list = FolderList(self._database, self._folders, self._places)
        self._arrivals = Arrivals(
            self._database, self._folders, self._contents, self._places, PendingFlags(self._database)
        )
        effects = Effects(self._database, self._folders, self._contents, self._places, self._arrivals, clock)
        self._journal = Journal(self._database, effects, self._places, clock, holder)
        self._outbox = Outbox(self._database, self._folders, self._journal, clock, holder)
        self._drafts = Drafts(self._database, clock)
        self._rows = Rows(self._database)
        self._matching = Matching(self._database, clock)
        self._listing = Listing(self._database, self._matching)

    def close(self) -> None:
        """Close the connections of all threads; nothing may use the store any more."""
        self._database.close()

    # --- folders
    def folders(self, account: str | None = None) -> list[Folder]:
        """By account, role, name."""
        return self._folders.all(account)

    def folder(self, folder_id: int) -> Folder | None:
        """None when it is gone."""
        return self._folders.get(folder_id)

    def folder_named(self, account: str, name: str) -> Folder | None:
        """INBOX in any case."""
        return self._folders.named(account, name)

    def folder_with_role(self, account: str, role: str) -> Folder | None:
        """See model.folder for the roles."""
        return self._folders.with_role(account, role)

    def put_folders(self, account: str, listed: Sequence[RemoteFolder]) -> list[Folder]:
        """The account's folders as the server lists them: new ones appear, vanished ones go with their messages,
        those our own pending operations made, renamed or deleted stay as the user left them → all of them."""
        return self._folder_list.put(account, listed)

    def set_identity(self, account: str, addresses: Iterable[str]) -> None:
        """The user's own addresses: decides `to_me` of rows, ~p and ~P."""
        self._identities.set_addresses(account, addresses)

    # --- the index
    def listing(
        self,
        folder_id: int,
        order: Order,
        pattern: str = "",
        *,
        tagged: Collection[int] = (),
        collapsed: Collection[int] = (),
    ) -> "array[int]":
        """Message ids in display order; `pattern` is mutt's language or the friendly syntax, limited in SQL;
        `tagged` are the ids ~T means, `collapsed` the heads of the threads of ~v. Raises
        model.patterns.PatternError with a message for the user."""
        return self._listing.ids(folder_id, order, pattern, tagged, collapsed)

    def search_listing(
        self,
        search: str,
        account: str,
        order: Order,
        pattern: str = "",
        *,
        tagged: Collection[int] = (),
        collapsed: Collection[int] = (),
    ) -> "array[int]":
        """The same for a virtual folder: what `search` finds in every folder, or in those of one account."""
        return self._listing.of_search(search, account, order, pattern, tagged, collapsed)

    def set_scores(self, rules: Mapping[str, int]) -> None:
        """Patterns and what each adds to a message's score (~n, sort by score). Raises PatternError."""
        self._matching.set_scores(rules)

    def threads(
        self, ids: Sequence[int], start: int = 0, stop: int | None = None, *, ascii_only: bool = False
    ) -> list[Thread]:
        """Tree placement for ids[start:stop] of a listing in THREADS order: ask for what is on the screen."""
        return self._listing.threads(ids, start, stop, ascii_only)

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """In the order asked; ids that are gone are left out."""
        return self._rows.get(ids)

    def search(self, query: str, limit: int = 1000, *, account: str = "") -> "array[int]":
        """Across all folders (of one account when named), best first (words), otherwise newest first. Raises
        PatternError."""
        words = self._matching.words(query)
        if words:
            return self._matching.ranked(words, limit, account)
        return self._listing.everywhere(self._matching.everywhere(query), limit, account)

    def snippets(self, query: str, ids: Sequence[int]) -> dict[int, list[tuple[str, bool]]]:
        """For a query of words, the place in the text of each message where they stand, as pieces that tell
        whether they are what was looked for. Raises PatternError."""
        words = self._matching.words(query)
        return self._matching.snippets(words, ids) if words else {}

    def without_body(self, folder_id: int, newest: int, since: float) -> "array[int]":
        """Of the `newest` messages of a folder, those received since then whose body is not held, newest first."""
        return self._rows.without_body(folder_id, newest, since)

    def header(self, message_id: int) -> bytes:
        """The raw header block; b"" when the message is gone."""
        return self._contents.header(message_id)

    def raw(self, message_id: int) -> bytes | None:
        """The whole message when it is held locally."""
        return self._contents.raw(message_id)

    def mark_old(self, folder_id: int) -> None:
        """The user leaves the folder: unread messages become old (mutt's O). Local only."""
        self._folders.mark_old(folder_id)

    # --- user actions: local effect and journal entry in one transaction
    def perform(self, account: str, action: Action, summary: str = "") -> int:
        """→ operation id. Raises LookupError for a folder that is not there."""
        return self._journal.perform(account, action, summary)

    def undo(self, operation_id: int | None = None) -> str:
        """Undo that (or the latest undoable) operation; → what was undone, in words. Raises LookupError."""
        return self._journal.undo(operation_id)

    def operations(self, *, include_done: bool = False) -> list[Operation]:
        """Oldest first: pending, running and failed ones."""
        return self._journal.operations(include_done=include_done)

    def pending_count(self) -> int:
        """Operations that have not reached their server."""
        return self._journal.pending_count()

    # --- the agent's side of the operation journal
    def claim_operations(self, account: str, now: float, limit: int = 100) -> list[Operation]:
        """Take due operations, in order. No two of a batch touch one message; what a killed agent left running
        comes again."""
        return self._journal.claim(account, now, limit)

    def complete_operation(self, operation_id: int) -> None:
        """The server has done it."""
        self._journal.complete(operation_id)

    def defer_operation(self, operation_id: int, next_try: float, reason: str) -> None:
        """Try again at `next_try`."""
        self._journal.defer(operation_id, next_try, reason)

    def fail_operation(self, operation_id: int, reason: str) -> None:
        """The server refused for good: the local effect is taken back."""
        self._journal.fail(operation_id, reason)

    def name_on_server(self, operation_id: int) -> str:
        """What the server calls the folder that a RenameFolder or DeleteFolder is about, until it is done."""
        return self._journal.name_on_server(operation_id)

    # --- the MRA's side
    def sync_state(self, folder_id: int) -> SyncState:
        """Zeros for a folder never synced."""
        return self._folders.sync_state(folder_id)

    def put_sync_state(self, folder_id: int, state: SyncState) -> None:
        """Remember."""
        with self._database.transaction():
            self._folders.put_sync_state(folder_id, state)

    def add_messages(self, folder_id: int, arrived: Sequence[Arrived]) -> list[int]:
        """Insert (or, for a uid that is there, update) → message ids. Threads and full text are kept up. Long
        sequences are committed in short transactions."""
        for entry in arrived:
            if entry.raw is not None:
                self._outbox.note_report(entry.raw)
        return self._arrivals.add(folder_id, arrived)

    def put_raw(self, message_id: int, raw: bytes) -> None:
        """The whole message has been fetched."""
        self._arrivals.put_raw(message_id, raw)
        self._outbox.note_report(raw)

    def skeleton(self, message_id: int) -> bytes | None:
        """The message without its large parts (mime.skeleton), when that is what was fetched."""
        return self._contents.skeleton(message_id)

    def put_skeleton(self, message_id: int, raw: bytes) -> None:
        """What is needed to read a message has been fetched; its text is searchable from now on."""
        self._arrivals.put_skeleton(message_id, raw)

    def part(self, message_id: int, section: str) -> bytes | None:
        """The octets of one part, as they are encoded, when it was fetched alone."""
        return self._contents.part(message_id, section)

    def put_part(self, message_id: int, section: str, octets: bytes) -> None:
        """One part has been fetched."""
        self._arrivals.put_part(message_id, section, octets)

    def put_texts(self, read: Sequence[tuple[int, bytes]]) -> None:
        """(message id, octets) of whole messages kept elsewhere: their text is searchable from now on."""
        self._arrivals.put_texts(read)

    def without_text(self, folder_id: int) -> "array[int]":
        """Messages of a folder whose text is not searchable yet, oldest first."""
        return self._arrivals.without_text(folder_id)

    def put_flags(self, folder_id: int, flags: Mapping[int, frozenset[str]]) -> list[int]:
        """Flags by uid as the server has them → message ids that changed. A flag with a pending local operation
        keeps its local value."""
        return self._arrivals.put_flags(folder_id, flags)

    def remove_uids(self, folder_id: int, uids: Sequence[int]) -> None:
        """Gone on the server; what a running operation of ours moves is kept."""
        for start in range(0, len(uids), 500):
            with self._database.transaction():
                self._places.remove_uids(folder_id, uids[start : start + 500])

    def uids(self, folder_id: int) -> "array[int]":
        """Known uids of the folder on the server, ascending."""
        return self._places.uids(folder_id)

    def uid_of(self, message_id: int) -> tuple[int, int] | None:
        """→ (folder id, uid) where the server has it now: for a message moved here but not there yet, the old
        place. uid 0 while it is unknown."""
        return self._places.uid_of(message_id)

    def assign_uid(self, message_id: int, uid: int) -> None:
        """The server told the uid of a message we moved, copied or appended (UIDPLUS)."""
        with self._database.transaction():
            self._places.assign_uid(message_id, uid)

    def uidls(self, folder_id: int) -> set[str]:
        """POP3's unique ids."""
        return self._places.uidls(folder_id)

    def expunged_uidls(self, account: str) -> set[str]:
        """Those of messages the user expunged, as long as the history remembers them."""
        return self._places.expunged_uidls(account)

    def reset_uid_validity(self, folder_id: int, uid_validity: int) -> None:
        """Forget uids, keep messages and local state for re-matching by Message-ID and size."""
        with self._database.transaction():
            self._places.forget_uids(folder_id)
            self._folders.put_sync_state(folder_id, SyncState(uid_validity=uid_validity))

    def remove_unmatched(self, folder_id: int) -> None:
        """After a whole sync: messages without a uid that no operation of ours is bringing are gone."""
        with self._database.transaction():
            self._places.drop(self._places.without_uid(folder_id))

    # --- the outbox
    def queue_message(
        self,
        account: str,
        sender: str,
        recipients: Sequence[str],
        raw: bytes,
        *,
        not_before: float = 0.0,
        wants_report: bool = False,
        fcc: str = "",
    ) -> int:
        """→ outbox id; on disk when this returns. `fcc` names the folder for the copy, when it is not Sent."""
        return self._outbox.queue(account, sender, recipients, raw, not_before, wants_report, fcc)

    def outbox(self) -> list[OutboxItem]:
        """Oldest first, the latest sent ones included."""
        return self._outbox.items()

    def outbox_raw(self, outbox_id: int) -> bytes:
        """Raises LookupError."""
        return self._outbox.raw(outbox_id)

    def claim_outbox(self, now: float) -> OutboxItem | None:
        """Take the next due item and mark it SENDING; items left SENDING by a killed agent come back as
        DEFERRED, or as POSSIBLY_SENT when `note_data_sent` was called."""
        return self._outbox.claim(now)

    def note_data_sent(self, outbox_id: int) -> None:
        """The final dot is about to go out: from here a crash means "possibly sent"."""
        self._outbox.note_data_sent(outbox_id)

    def put_outbox_state(
        self,
        outbox_id: int,
        state: OutboxState,
        *,
        reason: str = "",
        next_try: float = 0.0,
        transcript: Sequence[str] = (),
    ) -> None:
        """The same for all recipients. SENT also performs the Fcc (AppendTo the account's Sent folder) in the same
        transaction. Raises LookupError."""
        recipients = self._outbox.item(outbox_id).recipients
        part = OutboxPart(state=state, recipients=recipients, reason=reason, next_try=next_try)
        self._outbox.put_parts(outbox_id, [part], transcript)

    def put_outbox_parts(
        self, outbox_id: int, parts: Sequence[OutboxPart], transcript: Sequence[str] = ()
    ) -> None:
        """What became of it for each group of recipients, in one transaction with the Fcc: the first keeps the id,
        the others become items of their own. Raises LookupError."""
        self._outbox.put_parts(outbox_id, parts, transcript)

    def cancel_outbox(self, outbox_id: int) -> bytes | None:
        """Take a message back before it is sent (undo-send), or what failed → its octets to be edited, blind
        recipients in a Bcc field, those who have it already left out; None when too late."""
        return self._outbox.cancel(outbox_id)

    def requeue_outbox(
        self, outbox_id: int, recipients: Sequence[str] | None = None, *, not_before: float = 0.0
    ) -> bool:
        """Send what failed, waits or was possibly sent (again), to other recipients when given; `not_before` holds
        it until then → False when it is being sent or was."""
        return self._outbox.requeue(outbox_id, recipients, not_before)

    # --- drafts
    def save_draft(self, account: str, raw: bytes, draft_id: int | None = None) -> int:
        """Over the draft of that id, or as a new one → draft id."""
        return self._drafts.save(account, raw, draft_id)

    def drafts(self) -> list[tuple[int, str, bytes]]:
        """(id, account, octets), the latest saved first."""
        return self._drafts.all()

    def delete_draft(self, draft_id: int) -> None:
        """A draft that is not there is no error."""
        self._drafts.delete(draft_id)
