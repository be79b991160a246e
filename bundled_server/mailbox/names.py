"""Mailbox names as the store compares them, and the mailboxes a new user starts with."""

from typing import Final

from bundled_server.mailbox.store import StoreError

INBOX: Final = "INBOX"
SEPARATOR: Final = "/"
DEEPEST: Final = 32
SHARED: Final = "#lists/"
"""What the names of others' mailboxes that a user may read begin with."""

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


def path_of(name: str) -> str:
    """The name with INBOX in any case as the INBOX, also as the first level."""
    first, slash, rest = name.partition(SEPARATOR)
    return canonical(first) + slash + rest


def why_not(name: str, longest_octets: int) -> str:
    """Why no mailbox can be made under this name, "" when one can, whoever asks for it: a client or a script."""
    levels = name.split(SEPARATOR)
    if f"{name}{SEPARATOR}".startswith(SHARED):
        return "names that start so are others' mailboxes"
    if any(level in ("", ".", "..") for level in levels):
        return "a level of the name is empty or made of dots"
    if any(not character.isprintable() or character in "%*" for character in name):
        return "the name has characters that cannot be in one"
    if len(name.encode("utf-8", "surrogatepass")) > longest_octets:
        return "the name is too long"
    return "the name has too many levels" if len(levels) > DEEPEST else ""
