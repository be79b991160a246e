"""Mailbox names as the store compares them, and the mailboxes a new user starts with."""

from typing import Final

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
