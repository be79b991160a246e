"""What can go wrong in an IMAP dialogue, in words a user can read."""

from termail.mra.errors import RetrievalError


class ImapError(RetrievalError):
    """Base."""


class ImapGone(ImapError):
    """The connection ended: weather, try again later."""


class ImapThrottled(ImapGone):
    """The server asks us to come less often; not before `seconds`."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class ImapHostile(ImapGone):
    """The server broke the protocol or a limit, so we hung up."""


class ImapRefused(ImapError):
    """The server answered NO or BAD. `code` is the response code in brackets (RFC 5530), upper case."""

    def __init__(self, text: str, code: str = "", *, is_bad: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.is_bad = is_bad


class LoginRefused(ImapRefused):
    """The server does not accept user and password."""


class Unreadable(ImapError):
    """One response that cannot be parsed."""
