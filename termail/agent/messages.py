"""What the UI and the agent say to each other over the local socket: msgspec structs, length-prefixed msgpack."""

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Base of all messages."""


# UI to agent


class OperationsWaiting(Message):
    """The journal or the outbox has new work."""


class OpenFolder(Message):
    """The user looks at this folder: sync it first and IDLE on it."""

    folder_id: int


class WantBody(Message):
    """Fetch the whole message into the store, then answer BodyArrived."""

    message_id: int


class SyncNow(Message):
    """Check every account now, whatever the backoff says."""


class Password(Message):
    """The answer to PasswordWanted; kept in memory only. An empty secret means the user declined."""

    account: str
    secret: str


class StopAgent(Message):
    """Finish what is running and exit."""


# agent to UI


class FolderChanged(Message):
    """Rows of this folder changed in the store."""

    folder_id: int


class FoldersChanged(Message):
    """The folder list or its counts changed."""


class BodyArrived(Message):
    """The message asked for is in the store, or `error` says why not."""

    message_id: int
    error: str = ""


class NewMail(Message):
    """New unread mail, for the notification."""

    folder_id: int
    sender: str
    subject: str


class AccountState(Message):
    """One clear line for the status bar. `state` is connecting, syncing, idle, offline or error."""

    account: str
    state: str
    text: str
    retry_at: float = 0.0


class OutboxChanged(Message):
    """Some outbox item changed state."""


class OperationsChanged(Message):
    """Some operation was done, deferred or failed."""


class PasswordWanted(Message):
    """No password source answered for this account."""

    account: str
    prompt: str


class WireLine(Message):
    """One line of protocol dialogue, secrets masked. `protocol` is imap, pop3 or smtp; `direction` C or S."""

    account: str
    protocol: str
    direction: str
    time: float
    text: str


ToAgent = OperationsWaiting | OpenFolder | WantBody | SyncNow | Password | StopAgent
ToUI = (
    FolderChanged
    | FoldersChanged
    | BodyArrived
    | NewMail
    | AccountState
    | OutboxChanged
    | OperationsChanged
    | PasswordWanted
    | WireLine
)
