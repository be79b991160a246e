"""The letters of mutt's patterns and the words of the friendly syntax, as tables."""

from typing import Final

TEXT_FIELDS: Final = {
    "f": "from",
    "t": "to",
    "c": "cc",
    "K": "bcc",
    "C": "recipients",
    "L": "people",
    "e": "sender",
    "s": "subject",
    "b": "body",
    "B": "whole",
    "h": "header",
    "i": "message-id",
    "x": "references",
    "y": "label",
    "Y": "label",
    "M": "mime",
    "H": "spam",
}
STATES: Final = {
    "A": "all",
    "N": "new",
    "O": "old",
    "U": "unread",
    "R": "read",
    "F": "flagged",
    "D": "deleted",
    "T": "tagged",
    "Q": "replied",
    "p": "to me",
    "P": "from me",
    "l": "list",
    "u": "list",
    "g": "signed",
    "G": "encrypted",
    "=": "duplicate",
    "$": "unreferenced",
    "S": "superseded",
    "E": "expired",
    "k": "key",
    "v": "collapsed",
}
DATE_FIELDS: Final = {"d": "date", "r": "received"}
NUMBER_FIELDS: Final = {"m": "number", "z": "size", "X": "attachments", "n": "score"}
UNSUPPORTED: Final = {
    "V": "a signature is verified when the message is opened; ~g finds signed mail",
}
KEYWORDS: Final = {
    "all": "all",
    ".": "all",
    "^": "all",
    "del": "deleted",
    "flag": "flagged",
    "new": "new",
    "old": "old",
    "repl": "replied",
    "read": "read",
    "tag": "tagged",
    "unread": "unread",
}
"""A pattern that is one of these words alone."""
RELATIONS: Final = {"(": "thread", "<": "parent", ">": "child"}

FRIENDLY_TEXT: Final = {
    "from": "from",
    "to": "to",
    "cc": "cc",
    "bcc": "bcc",
    "subject": "subject",
    "body": "body",
    "text": "whole",
    "header": "header",
    "list": "list",
    "label": "label",
    "tag": "label",
    "keyword": "label",
    "with": "people",
    "id": "message-id",
    "filename": "attachment",
    "type": "mime",
}
FRIENDLY_STATES: Final = {
    "unread": "unread",
    "read": "read",
    "seen": "read",
    "new": "new",
    "old": "old",
    "flagged": "flagged",
    "starred": "flagged",
    "important": "flagged",
    "answered": "replied",
    "replied": "replied",
    "deleted": "deleted",
    "tagged": "tagged",
    "draft": "draft",
    "signed": "signed",
    "encrypted": "encrypted",
    "mine": "from me",
    "tome": "to me",
    "list": "list",
    "duplicate": "duplicate",
}
FRIENDLY_RANGES: Final = (
    "before",
    "after",
    "since",
    "until",
    "on",
    "date",
    "newer",
    "older",
    "larger",
    "smaller",
    "size",
)


def allowed_letters() -> str:
    """For error messages."""
    return " ".join("~" + letter for letter in sorted({**TEXT_FIELDS, **STATES, **DATE_FIELDS, **NUMBER_FIELDS}))
