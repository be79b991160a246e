"""Mailbox names as the store compares them, and the mailboxes a new user starts with."""

from typing import Final

from bundled_server.mailbox.store import StoreError

INBOX: Final = "INBOX"

STARTING_MAILBOXES: Final = (
    (INBOX, ""),
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
    ("Archive", "\\Archive"),
)
"""Names with their special use (RFC 6154 §2)."""


def canonical(name: str) -> str:
    """INBOX in any case is the one INBOX (RFC 3501 §5.1); every other name is itself."""
    return INBOX if name.upper() == INBOX else name


def storable(name: str) -> str:
    """The canonical name, for one that is about to be stored. Raises StoreError when it is not valid Unicode."""
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError:
            raise StoreError("the name is not valid Unicode") from None
    return canonical(name)
