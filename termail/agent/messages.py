"""What the UI and the agent say to each other over the local socket: msgspec structs, length-prefixed msgpack."""

from typing import Final

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Base of all messages."""


# UI to agent


class OperationsWaiting(Message, frozen=True):
    """The journal or the outbox has new work."""


class OpenFolder(Message, frozen=True):
    """The user looks at this folder: sync it first and IDLE on it."""

    folder_id: int


WHOLE: Final = ""
SHOWN: Final = "shown"


class WantBody(Message, frozen=True):
    """Fetch a message into the store, then answer BodyArrived: WHOLE, what is SHOWN of it (large parts left out),
    or one part of it by its IMAP section."""

    message_id: int
    section: str = WHOLE


class SyncNow(Message, frozen=True):
    """Check every account now, whatever the backoff says."""


class Password(Message, frozen=True):
    """The answer to PasswordWanted; kept in memory only. An empty secret means the user declined."""

    account: str
    secret: str


class WatchWire(Message, frozen=True):
    """From now on (or no longer) send every line of dialogue as WireLine to this UI."""

    on: bool = True


class SearchThere(Message, frozen=True):
    """Let the server search too, for whoever watches the wire: the answer is seen there and used nowhere.
    `criteria` are IMAP's, in ASCII."""

    folder_id: int
    criteria: str


class AskScripts(Message, frozen=True):
    """An errand to the account's Sieve scripts: list, get, put, check, activate ("" for none), delete, or rename
    (to `text`). ScriptsAnswered comes with the same `request`."""

    request: int
    account: str
    verb: str
    name: str = ""
    text: str = ""


class StopAgent(Message, frozen=True):
    """Finish what is running and exit."""


# agent to UI


class FolderChanged(Message, frozen=True):
    """Rows of this folder changed in the store."""

    folder_id: int


class FoldersChanged(Message, frozen=True):
    """The folder list or its counts changed."""


class BodyArrived(Message, frozen=True):
    """What was asked for is in the store, or `error` says why not."""

    message_id: int
    section: str = WHOLE
    error: str = ""


class NewMail(Message, frozen=True):
    """New unread mail, for the notification."""

    folder_id: int
    sender: str
    subject: str


class AccountState(Message, frozen=True):
    """One clear line for the status bar. `state` is connecting, syncing, idle, offline or error."""

    account: str
    state: str
    text: str
    retry_at: float = 0.0


class OutboxChanged(Message, frozen=True):
    """Some outbox item changed state."""


class OperationsChanged(Message, frozen=True):
    """Some operation was done, deferred or failed."""


class PasswordWanted(Message, frozen=True):
    """No password source answered for this account."""

    account: str
    prompt: str


class SyncFinished(Message, frozen=True):
    """A SyncNow has run its course for this account; `error` says why it could not."""

    account: str
    error: str = ""


class ScriptsAnswered(Message, frozen=True):
    """What is on the server after an errand, and the script that was fetched; or why it failed."""

    request: int
    names: tuple[str, ...] = ()
    active: str = ""
    text: str = ""
    error: str = ""


class WireLine(Message, frozen=True):
    """One line of protocol dialogue, secrets masked. `protocol` is imap, pop3, smtp or managesieve; `direction`
    C or S. With `protocol` tls it is a record that travels beneath the dialogue. `connection` names one connection
    of this agent, `server` is host:port; `operation_id` (0: none), `message_id` and `cause` tell what it was said
    for."""

    account: str
    protocol: str
    direction: str
    time: float
    text: str
    connection: str = ""
    server: str = ""
    cause: str = ""
    operation_id: int = 0
    message_id: str = ""
    is_encrypted: bool = False


ToAgent = (
    OperationsWaiting
    | OpenFolder
    | WantBody
    | SyncNow
    | Password
    | WatchWire
    | SearchThere
    | AskScripts
    | StopAgent
)
ToUI = (
    FolderChanged
    | FoldersChanged
    | BodyArrived
    | NewMail
    | AccountState
    | OutboxChanged
    | OperationsChanged
    | PasswordWanted
    | SyncFinished
    | ScriptsAnswered
    | WireLine
)
