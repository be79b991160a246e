"""What compose edits and what the outbox takes: drafts, attachments, built messages."""

import msgspec


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file (or a message) to attach."""

    filename: str
    content_type: str
    data: bytes
    description: str = ""
    inline: bool = False
    encoding: str = ""  # "" chooses by the content; else 7bit, 8bit, quoted-printable or base64
    parameters: tuple[tuple[str, str], ...] = ()  # of the content type


class Protection(msgspec.Struct, frozen=True):
    """Whether a message is signed, encrypted, or both; `method` is "pgp" (gpg) or "smime" (openssl)."""

    signs: bool = False
    encrypts: bool = False
    method: str = "pgp"

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be done at all."""
        return self.signs or self.encrypts


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Headers as the user typed them (addresses as RFC 5322 text), body as plain text with "\\n".

    `send_at` in epoch seconds (0: at once); with `wants_report` the servers are asked for a delivery report."""

    account: str
    from_: str
    to: str = ""
    cc: str = ""
    bcc: str = ""
    reply_to: str = ""
    subject: str = ""
    body: str = ""
    fcc: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    extra_headers: tuple[tuple[str, str], ...] = ()
    protection: Protection = Protection()
    is_markdown: bool = False
    wants_report: bool = False
    send_at: float = 0.0


class DraftError(ValueError):
    """The draft cannot become a message; the text says which field and why."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready for the outbox: octets with CRLF and without Bcc, and its envelope."""

    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    message_id: str
