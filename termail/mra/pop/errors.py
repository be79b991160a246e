"""What can go wrong in a POP3 dialogue, in words a user can read."""

from termail.mra.errors import RetrievalError


class PopError(RetrievalError):
    """Base."""


class PopGone(PopError):
    """The connection ended, or the server broke the protocol."""


class PopRefused(PopError):
    """The server answered -ERR."""


class PopLoginRefused(PopRefused):
    """The server does not accept user and password."""
