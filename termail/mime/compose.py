"""A draft becomes a message: header fields, the body's entity, its protection, and the envelope."""

import re
import secrets
from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from termail.mime.entities import body_entity
from termail.mime.header_encoding import fold, unstructured
from termail.mime.outgoing import Built, Draft, DraftError, Protection
from termail.mime.typed_addresses import TypedAddresses, read_typed, write_field

_USER_AGENT: Final = "termail"
_FIELD_NAME: Final = re.compile(r"[!-9;-~]{1,70}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_OURS: Final = frozenset(
    ("date", "from", "to", "cc", "bcc", "reply-to", "subject", "message-id", "in-reply-to", "references", "sender",
     "user-agent", "mime-version", "return-path", "received")
)  # fmt: skip
HIDDEN_SUBJECT: Final = "..."
"""What the outside of an encrypted message says instead of its subject."""

Sealer = Callable[[bytes, Protection, str, tuple[str, ...]], bytes]
"""(entity, protection, sender, recipients) → the entity that holds it signed or encrypted; raises DraftError."""


def build(
    draft: Draft, *, date: float, message_id_host: str = "", unique: str = "", sealer: Sealer | None = None
) -> Built:
    """Raises DraftError (no recipient, unreadable address, CR or LF in a header, a key that is missing).

    `date` in epoch seconds; `unique` makes the Message-ID (random when empty). RFC 5322, 2045, 2047, 2231, 3676,
    6532; with protection RFC 3156 and protected header fields.
    """
    refuse_injection(draft)
    fields = {name: read_typed(name, text) for name, text in _address_texts(draft)}
    sender = _one_sender(fields["From"])
    recipients = _envelope(fields)
    if not recipients:
        raise DraftError("To: there is no recipient")
    host = message_id_host or sender.rpartition("@")[2]
    message_id = f"<{int(date)}.{unique or secrets.token_hex(8)}@{host}>"
    if not _MESSAGE_ID.fullmatch(message_id):
        raise DraftError(f"Message-ID: {host!r} cannot be its host")
    subject = unstructured("Subject", draft.subject.strip())
    shown = [unstructured("Date", formatdate(date, localtime=True)), *_address_fields(fields)]
    entity = body_entity(draft)
    if draft.protection.is_wanted:
        if sealer is None:
            raise DraftError("nothing here can sign or encrypt")
        entity = sealer(_protected(entity, [*shown, subject]), draft.protection, sender, recipients)
        if draft.protection.encrypts:
            subject = unstructured("Subject", HIDDEN_SUBJECT)
    header = [*shown, subject, fold("Message-ID", [message_id])]
    header += _thread_fields(draft)
    header.append(fold("User-Agent", [_USER_AGENT]))
    header += [unstructured(name, value) for name, value in draft.extra_headers if _is_for_the_wire(name)]
    raw = b"".join(header) + b"MIME-Version: 1.0\r\n" + entity
    return Built(raw=raw, sender=sender, recipients=recipients, message_id=message_id)


def _protected(entity: bytes, fields: list[bytes]) -> bytes:
    """The entity with copies of the shown fields in its own header, as other mail programs look for them."""
    first, _, rest = entity.partition(b"\r\n")
    while rest[:1] in (b" ", b"\t"):
        line, _, rest = rest.partition(b"\r\n")
        first += b"\r\n" + line
    return b"".join([first, b';\r\n protected-headers="v1"\r\n', *fields, rest])


def refuse_injection(draft: Draft) -> None:
    """No header may hold a line end or another control character (SECURITY: header injection)."""
    texts = [*_address_texts(draft), ("Subject", draft.subject), ("In-Reply-To", draft.in_reply_to)]
    texts += [("References", entry) for entry in draft.references]
    for name, value in draft.extra_headers:
        if not _FIELD_NAME.fullmatch(name) or (name.lower() in _OURS or name.lower().startswith("content-")):
            raise DraftError(f"{name[:70]!r}: not a header that can be added")
        texts.append((name, value))
    for attachment in draft.attachments:
        texts += [("attachment name", attachment.filename), ("attachment type", attachment.content_type)]
        texts.append(("attachment description", attachment.description))
        texts += [(f"attachment parameter {key[:40]!r}", key + value) for key, value in attachment.parameters]
    for name, value in texts:
        if _CONTROL.search(value):
            raise DraftError(f"{name}: a line end or control character is not allowed there")


def _address_texts(draft: Draft) -> list[tuple[str, str]]:
    return [
        ("From", draft.from_),
        ("Reply-To", draft.reply_to),
        ("To", draft.to),
        ("Cc", draft.cc),
        ("Bcc", draft.bcc),
    ]


def _one_sender(addresses: TypedAddresses) -> str:
    if len(addresses.mailboxes) != 1:
        raise DraftError("From: exactly one address is needed")
    return addresses.mailboxes[0].address


def _envelope(fields: dict[str, TypedAddresses]) -> tuple[str, ...]:
    """Each recipient once, the domain compared without case."""
    found: dict[str, str] = {}
    for name in ("To", "Cc", "Bcc"):
        for mailbox in fields[name].mailboxes:
            local, _, domain = mailbox.address.rpartition("@")
            found.setdefault(f"{local}@{domain.lower()}", mailbox.address)
    return tuple(found.values())


def _address_fields(fields: dict[str, TypedAddresses]) -> list[bytes]:
    written = [write_field(name, fields[name]) for name in ("From", "Reply-To", "To", "Cc") if fields[name].groups]
    if not fields["To"].groups and not fields["Cc"].groups:
        written.append(fold("To", ["undisclosed-recipients:;"]))
    return written


def _thread_fields(draft: Draft) -> list[bytes]:
    fields = []
    if _MESSAGE_ID.fullmatch(draft.in_reply_to):
        fields.append(fold("In-Reply-To", [draft.in_reply_to]))
    references = [f" {entry}" for entry in draft.references if _MESSAGE_ID.fullmatch(entry)]
    if references:
        fields.append(fold("References", references))
    return fields


def _is_for_the_wire(name: str) -> bool:
    return not name.lower().startswith("x-termail-")
