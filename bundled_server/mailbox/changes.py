"""The changes a store can commit, as values: one call commits its changes together or not at all."""

from dataclasses import dataclass
from enum import Enum

from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.records import DeleteRecords, PutRecords
from bundled_server.mailbox.training import ExpireTokens, ForgetTraining, TrainTokens


class FlagMode(Enum):
    """STORE's three forms (RFC 3501 §6.4.6)."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class AddMessage:
    """Put a message into a mailbox → `Added`. With a `delivery_key` ("queue id/recipient") the message is added
    once however often the change is committed, until the queue item of that id is removed."""

    mailbox_id: int
    content: Content
    flags: frozenset[str]
    internal_date: float
    delivery_key: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """Where a message went; `uid` is 0 when the delivery key had been used before."""

    mailbox_id: int
    uid_validity: int
    uid: int
    modseq: int


@dataclass(frozen=True, slots=True)
class CopyMessages:
    """COPY, or MOVE when `remove` is true → `Copied`. UIDs that are gone are passed over."""

    source_id: int
    uids: tuple[int, ...]
    target_id: int
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Copied:
    """Pairs (source uid, target uid), in source order."""

    uid_validity: int
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class StoreFlags:
    """Change flags → `FlagsStored`. Messages whose modseq is above `unchanged_since` are left alone (RFC 7162)."""

    mailbox_id: int
    uids: tuple[int, ...]
    mode: FlagMode
    flags: frozenset[str]
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class FlagsStored:
    """`changed`: uids whose flags are new; `refused`: uids that `unchanged_since` protected."""

    modseq: int
    changed: tuple[int, ...]
    refused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expunge:
    """Remove messages for good → tuple of the uids that were removed, ascending."""

    mailbox_id: int
    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CreateMailbox:
    """Create a mailbox → `Mailbox`; raises MailboxExists. The name is decoded text; "/" separates levels."""

    owner: str
    name: str
    special_use: str = ""


@dataclass(frozen=True, slots=True)
class DeleteMailbox:
    """Delete a mailbox with its messages → None."""

    mailbox_id: int


@dataclass(frozen=True, slots=True)
class RenameMailbox:
    """Rename one mailbox (inferiors are renamed by changes of their own) → None; raises MailboxExists."""

    mailbox_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Add or remove a name on the owner's subscription list, whether or not it exists → None."""

    owner: str
    name: str
    subscribed: bool


@dataclass(frozen=True, slots=True)
class ClaimRecent:
    """Give \\Recent to this session → the range of uids that are its own; later claims start after them."""

    mailbox_id: int


class RecipientState(Enum):
    """Where one recipient of a queued message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    """One recipient of a queue item; `next_try` in epoch seconds; `expanded` as in `courier.Outcome`."""

    recipient: Recipient
    state: RecipientState
    attempts: int
    next_try: float
    status: str = ""
    text: str = ""
    remote: str = ""
    expanded: bool = False


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One message in the queue. `origin` is "submission", "transfer", "bounce" or "forward"; `warned` tells
    that a delay notice went out."""

    queue_id: str
    envelope: Envelope
    content_id: int
    size_octets: int
    message_id: str
    arrived: float
    origin: str
    recipients: tuple[QueuedRecipient, ...]
    held: bool = False
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put a message into the queue → `QueueItem`. Every recipient starts WAITING, due at `arrived`."""

    queue_id: str
    envelope: Envelope
    content: Content
    message_id: str
    arrived: float
    origin: str


@dataclass(frozen=True, slots=True)
class UpdateQueue:
    """Replace recipients (matched by address) and marks of a queue item → None; unknown ids are passed over."""

    queue_id: str
    recipients: tuple[QueuedRecipient, ...] = ()
    held: bool | None = None
    warned: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoveFromQueue:
    """Forget a queue item and its delivery keys → None."""

    queue_id: str


@dataclass(frozen=True, slots=True)
class PutUser:
    """Create or change a user → None. `secret` is what auth/ made of the password, opaque to the store."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Remove a user with all mailboxes → None."""

    name: str


Change = (
    AddMessage
    | CopyMessages
    | StoreFlags
    | Expunge
    | CreateMailbox
    | DeleteMailbox
    | RenameMailbox
    | Subscribe
    | ClaimRecent
    | Enqueue
    | UpdateQueue
    | RemoveFromQueue
    | PutUser
    | DeleteUser
    | PutRecords
    | DeleteRecords
    | TrainTokens
    | ExpireTokens
    | ForgetTraining
)
