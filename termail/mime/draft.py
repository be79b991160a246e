"""A draft: what compose edits, what becomes a message, and how replies and forwards start."""

import msgspec


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file (or a message) to attach."""

    filename: str
    content_type: str
    data: bytes
    description: str = ""
    inline: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Headers as the user typed them (addresses as RFC 5322 text), body as plain text with "\\n"."""

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


class DraftError(ValueError):
    """The draft cannot become a message; the text says which field and why."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready for the outbox: octets with CRLF and without Bcc, and its envelope."""

    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    message_id: str


def build(draft: Draft, *, date: float, message_id_host: str = "") -> Built:
    """Raises DraftError (no recipient, unreadable address, CR or LF in a header)."""
    raise NotImplementedError


def parse_draft(raw: bytes, account: str) -> Draft:
    """A postponed message (or any message: edit as new, resend) back into a draft."""
    raise NotImplementedError


def reply(
    raw: bytes, *, account: str, from_: str, mine: frozenset[str], to_all: bool, to_list: bool = False
) -> Draft:
    """Recipients by Reply-To, Mail-Followup-To, List-Post; attribution; quotes; References (RFC 5322 §3.6.4)."""
    raise NotImplementedError


def forward(raw: bytes, *, account: str, from_: str, as_attachment: bool = False) -> Draft:
    """Inline with the usual banner, or message/rfc822; attachments go along."""
    raise NotImplementedError


def bounce_headers(raw: bytes, *, from_: str, to: str, date: float, message_id: str) -> bytes:
    """`raw` with Resent-* on top (RFC 5322 §3.6.6)."""
    raise NotImplementedError
