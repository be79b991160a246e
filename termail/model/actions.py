"""User actions as values: applied to the local store at once, replayed to the server by the agent."""

import msgspec


class SetFlags(msgspec.Struct, frozen=True, tag=True):
    """Add and remove IMAP flags (\\Seen, \\Flagged, \\Answered, \\Deleted, keywords)."""

    message_ids: tuple[int, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class MoveTo(msgspec.Struct, frozen=True, tag=True):
    """Move messages into another folder of the same account."""

    message_ids: tuple[int, ...]
    folder_id: int


class CopyTo(msgspec.Struct, frozen=True, tag=True):
    """Copy messages into another folder of the same account."""

    message_ids: tuple[int, ...]
    folder_id: int


class Expunge(msgspec.Struct, frozen=True, tag=True):
    """Remove for good the messages of a folder that are marked \\Deleted (mutt's `$`); with `message_ids` only
    those of them (UID EXPUNGE, RFC 4315 §2.1)."""

    folder_id: int
    message_ids: tuple[int, ...] = ()


class AppendTo(msgspec.Struct, frozen=True, tag=True):
    """Put a message we hold into a folder (Fcc to Sent, a draft). Done exactly once: the agent looks for
    `message_id_header` before it appends again."""

    folder_id: int
    raw: bytes
    flags: tuple[str, ...]
    message_id_header: str


class CreateFolder(msgspec.Struct, frozen=True, tag=True):
    """Create a folder."""

    account: str
    name: str


class DeleteFolder(msgspec.Struct, frozen=True, tag=True):
    """Delete a folder with what is in it."""

    folder_id: int


class RenameFolder(msgspec.Struct, frozen=True, tag=True):
    """Give a folder another name."""

    folder_id: int
    name: str


class Subscribe(msgspec.Struct, frozen=True, tag=True):
    """Put a folder on the account's list of subscribed ones, or take it off (RFC 9051 §6.3.7)."""

    folder_id: int
    subscribed: bool


class Rethread(msgspec.Struct, frozen=True, tag=True):
    """Make messages answers of the message `under`, or with 0 heads of threads of their own (mutt's & and #).
    Local: no server knows of threads."""

    message_ids: tuple[int, ...]
    under: int = 0


Action = (
    SetFlags
    | MoveTo
    | CopyTo
    | Expunge
    | AppendTo
    | CreateFolder
    | DeleteFolder
    | RenameFolder
    | Subscribe
    | Rethread
)
