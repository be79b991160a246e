"""User actions in words, for the list of pending operations and for undo."""

from termail.model.actions import (
    Action,
    AppendTo,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    Rethread,
    SetFlags,
    Subscribe,
)

_FLAG_WORDS = {
    ("+", "\\Seen"): "mark {} read",
    ("-", "\\Seen"): "mark {} unread",
    ("+", "\\Flagged"): "flag {}",
    ("-", "\\Flagged"): "unflag {}",
    ("+", "\\Deleted"): "delete {}",
    ("-", "\\Deleted"): "undelete {}",
    ("+", "\\Answered"): "mark {} answered",
}


def describe(action: Action) -> str:
    """One short line, such as "flag 3 messages"."""
    match action:
        case SetFlags(message_ids=ids, add=add, remove=remove):
            changes = [("+", name) for name in add] + [("-", name) for name in remove]
            words = _FLAG_WORDS.get(changes[0]) if len(changes) == 1 else None
            named = " ".join(sign + name.lstrip("\\") for sign, name in changes)
            return words.format(_count(len(ids))) if words else f"set {named} on {_count(len(ids))}"
        case MoveTo(message_ids=ids):
            return f"move {_count(len(ids))}"
        case CopyTo(message_ids=ids):
            return f"copy {_count(len(ids))}"
        case Expunge():
            return "remove deleted messages"
        case AppendTo():
            return "store a message"
        case CreateFolder(name=name):
            return f"create folder {name}"
        case DeleteFolder():
            return "delete a folder"
        case RenameFolder(name=name):
            return f"rename a folder to {name}"
        case Subscribe(subscribed=subscribed):
            return "subscribe to a folder" if subscribed else "unsubscribe from a folder"
        case Rethread(message_ids=ids, under=under):
            return f"link {_count(len(ids))} to a thread" if under else "break a thread"


def _count(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"
