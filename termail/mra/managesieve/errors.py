"""How a ManageSieve dialogue fails."""


class ScriptsError(Exception):
    """The text is for the user: what the server said, or what is wrong with the connection."""


class ScriptsGone(ScriptsError):
    """The connection ended, or it is no ManageSieve."""


class ScriptsRefused(ScriptsError):
    """The server said NO; `code` is its response code, such as QUOTA/MAXSIZE, "" without."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
