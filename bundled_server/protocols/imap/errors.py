"""The one error of the IMAP codec: it knows the status response that answers it."""


class BadCommand(Exception):
    """The command cannot be understood. `status` and `code` go into the tagged response (RFC 3501 §7.1)."""

    def __init__(self, text: str, *, status: bytes = b"BAD", code: bytes = b"") -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.code = code
