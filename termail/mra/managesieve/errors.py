"""How a ManageSieve dialogue fails."""

from termail.mra.errors import RetrievalError


class ScriptsError(RetrievalError):
    """The text is for the user: what the server said, or what is wrong with the connection."""


class ScriptsGone(ScriptsError):
    """The connection ended, or it is no ManageSieve."""


class ScriptsRefused(ScriptsError):
    """The server said NO; `code` is its response code, such as QUOTA/MAXSIZE, "" without."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
