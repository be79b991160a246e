"""The local mail store: everything the client shows, in one SQLite file shared by the UI and the agent.

Both processes open it (WAL, busy time-out); each write is one short transaction. Reads are plain calls: a page of
rows costs well under a millisecond, and the UI calls anything longer from a worker thread, each thread with a
connection of its own.
"""

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from termail.model.actions import Action
from termail.model.folder import Folder
from termail.model.order import Order
from termail.model.outbox import OutboxItem, OutboxState
from termail.model.row import Row


class RemoteFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as the server lists it."""

    name: str
    role: str = ""
    selectable: bool = True


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """What the MRA remembers of a folder between sessions; 0 means unknown."""

    uid_validity: int = 0
    uid_next: int = 0
    highest_modseq: int = 0
    complete_above_uid: int = 0


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the MRA brings it. `header` is the raw header block; `raw` the whole message when fetched.
    `uid` is 0 for a server without UIDs (POP3 uses `uidl`)."""

    uid: int
    flags: frozenset[str]
    internal_date: float
    size_octets: int
    header: bytes
    raw: bytes | None = None
    body_structure: bytes = b""
    uidl: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the operation journal. `state` is "pending", "running", "done", "failed" or "undone"."""

    operation_id: int
    account: str
    action: Action
    state: str
    created: float
    attempts: int
    next_try: float
    reason: str = ""
    summary: str = ""


class Thread(msgspec.Struct, frozen=True):
    """Placement of one line in the threaded order: depth in the tree and the mutt tree glyph text before the
    subject ("├─>", "│ └─>" …)."""

    message_id: int
    depth: int
    tree: str


class LocalStore:
    """See the module. All methods are synchronous and thread-safe."""

    def __init__(self, path: Path) -> None: ...

    def close(self) -> None: ...

    # --- folders
    def folders(self, account: str | None = None) -> list[Folder]: ...
    def folder(self, folder_id: int) -> Folder | None: ...
    def folder_named(self, account: str, name: str) -> Folder | None: ...
    def folder_with_role(self, account: str, role: str) -> Folder | None: ...
    def put_folders(self, account: str, listed: Sequence[RemoteFolder]) -> list[Folder]: ...

    # --- the index
    def listing(self, folder_id: int, order: Order, pattern: str = "") -> array[int]:
        """Message ids in display order; `pattern` is mutt's language or the friendly syntax, limited in SQL.
        Raises model.patterns.PatternError with a message for the user."""
        ...

    def threads(self, ids: array[int]) -> list[Thread]:
        """Tree placement for a listing in THREADS order."""
        ...

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """In the order asked; ids that are gone are left out."""
        ...

    def search(self, query: str, limit: int = 1000) -> array[int]:
        """Across all folders, best first."""
        ...

    def header(self, message_id: int) -> bytes: ...
    def raw(self, message_id: int) -> bytes | None:
        """The whole message when it is held locally."""
        ...

    # --- user actions: local effect and journal entry in one transaction
    def perform(self, account: str, action: Action, summary: str = "") -> int:
        """→ operation id."""
        ...

    def undo(self, operation_id: int | None = None) -> str:
        """Undo that (or the latest undoable) operation; → what was undone, in words. Raises LookupError."""
        ...

    def operations(self, *, include_done: bool = False) -> list[Operation]: ...
    def pending_count(self) -> int: ...

    # --- the agent's side of the operation journal
    def claim_operations(self, account: str, now: float, limit: int = 100) -> list[Operation]: ...
    def complete_operation(self, operation_id: int) -> None: ...
    def defer_operation(self, operation_id: int, next_try: float, reason: str) -> None: ...
    def fail_operation(self, operation_id: int, reason: str) -> None: ...

    # --- the MRA's side
    def sync_state(self, folder_id: int) -> SyncState: ...
    def put_sync_state(self, folder_id: int, state: SyncState) -> None: ...
    def add_messages(self, folder_id: int, arrived: Sequence[Arrived]) -> list[int]:
        """Insert (or, for a uid that is there, update) → message ids. Threads and full text are kept up."""
        ...

    def put_raw(self, message_id: int, raw: bytes) -> None: ...
    def put_flags(self, folder_id: int, flags: Mapping[int, frozenset[str]]) -> list[int]:
        """Flags by uid as the server has them → message ids that changed. A flag with a pending local operation
        keeps its local value."""
        ...

    def remove_uids(self, folder_id: int, uids: Sequence[int]) -> None: ...
    def uids(self, folder_id: int) -> array[int]: ...
    def uid_of(self, message_id: int) -> tuple[int, int] | None:
        """→ (folder id, uid)."""
        ...

    def assign_uid(self, message_id: int, uid: int) -> None:
        """The server told the uid of a message we moved, copied or appended (UIDPLUS)."""
        ...

    def uidls(self, folder_id: int) -> set[str]: ...

    def reset_uid_validity(self, folder_id: int, uid_validity: int) -> None:
        """Forget uids, keep messages and local state for re-matching by Message-ID and size."""
        ...

    # --- the outbox
    def queue_message(
        self, account: str, sender: str, recipients: Sequence[str], raw: bytes, *, not_before: float = 0.0
    ) -> int: ...
    def outbox(self) -> list[OutboxItem]: ...
    def outbox_raw(self, outbox_id: int) -> bytes: ...
    def claim_outbox(self, now: float) -> OutboxItem | None:
        """Take the next due item and mark it SENDING; items left SENDING by a killed agent come back as
        DEFERRED, or as POSSIBLY_SENT when `outbox_data_sent` was noted."""
        ...

    def note_data_sent(self, outbox_id: int) -> None:
        """The final dot is about to go out: from here a crash means "possibly sent"."""
        ...

    def put_outbox_state(
        self,
        outbox_id: int,
        state: OutboxState,
        *,
        reason: str = "",
        next_try: float = 0.0,
        transcript: Sequence[str] = (),
    ) -> None:
        """SENT also performs the Fcc (AppendTo the account's Sent folder) in the same transaction."""
        ...

    def cancel_outbox(self, outbox_id: int) -> bytes | None:
        """Take a message back before it is sent (undo-send) → its octets, None when too late."""
        ...

    # --- drafts, history, settings of the UI
    def save_draft(self, account: str, raw: bytes, draft_id: int | None = None) -> int: ...
    def drafts(self) -> list[tuple[int, str, bytes]]: ...
    def delete_draft(self, draft_id: int) -> None: ...
