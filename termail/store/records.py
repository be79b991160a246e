"""What goes in and out of the local store: plain records shared by its parts and its callers."""

import msgspec

from termail.model.actions import Action


class RemoteFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as the server lists it."""

    name: str
    role: str = ""
    selectable: bool = True
    subscribed: bool = True


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
    """One entry of the operation journal. `state` is "pending", "running", "done", "failed" or "undone".

    `message_ids` are the local messages it touches (for an Expunge: those that were marked; ask `uid_of` for
    their place on the server). `results` are the local messages a CopyTo (in the order of its message_ids) or an
    AppendTo made: give those to `assign_uid` when the server tells their uid.
    """

    operation_id: int
    account: str
    action: Action
    state: str
    created: float
    attempts: int
    next_try: float
    reason: str = ""
    summary: str = ""
    message_ids: tuple[int, ...] = ()
    results: tuple[int, ...] = ()


class Thread(msgspec.Struct, frozen=True):
    """Placement of one line in the threaded order: depth in the tree and the mutt tree glyph text before the
    subject ("├─>", "│ └─>" …)."""

    message_id: int
    depth: int
    tree: str
