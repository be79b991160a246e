"""A draft becomes a message: headers, body and attachments as octets, and the envelope."""

import hashlib
import re
import secrets
from email.utils import formatdate
from typing import Final

from termail.mime.body_encoding import encode_base64, encode_text
from termail.mime.header_encoding import fold, parameter, unstructured
from termail.mime.outgoing import Attachment, Built, Draft, DraftError
from termail.mime.typed_addresses import TypedAddresses, read_typed, write_field

_USER_AGENT: Final = "termail"
_FIELD_NAME: Final = re.compile(r"[!-9;-~]{1,70}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_CONTENT_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")
_OURS: Final = frozenset(
    ("date", "from", "to", "cc", "bcc", "reply-to", "subject", "message-id", "in-reply-to", "references", "sender",
     "user-agent", "mime-version", "return-path", "received")
)  # fmt: skip
_LF: Final = re.compile(rb"\r\n|\r|\n")


def build(draft: Draft, *, date: float, message_id_host: str = "", unique: str = "") -> Built:
    """Raises DraftError (no recipient, unreadable address, CR or LF in a header).

    `date` in epoch seconds; `unique` makes the Message-ID (random when empty). RFC 5322, 2045, 2047, 2231, 3676.
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
    header = [unstructured("Date", formatdate(date, localtime=True))]
    header += _address_fields(fields)
    header += [unstructured("Subject", draft.subject.strip()), fold("Message-ID", [message_id])]
    header += _thread_fields(draft)
    header.append(fold("User-Agent", [_USER_AGENT]))
    header += [unstructured(name, value) for name, value in draft.extra_headers if _is_for_the_wire(name)]
    raw = b"".join(header) + b"MIME-Version: 1.0\r\n" + encode_body(draft)
    return Built(raw=raw, sender=sender, recipients=recipients, message_id=message_id)


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


def encode_body(draft: Draft) -> bytes:
    """The Content-* fields, the empty line and the body."""
    text = _text_entity(draft.body)
    if not draft.attachments:
        return text
    entities = [text, *(_attachment_entity(attachment) for attachment in draft.attachments)]
    boundary = "=_" + hashlib.sha256(b"\x00".join(entities)).hexdigest()[:40]
    line = f"--{boundary}".encode("ascii")
    head = fold("Content-Type", ["multipart/mixed", ";", f' boundary="{boundary}"'])
    pieces = [head, b"\r\nThis is a message in several parts (MIME).\r\n"]
    for entity in entities:
        pieces += [b"\r\n", line, b"\r\n", entity]
    pieces += [b"\r\n", line, b"--\r\n"]
    return b"".join(pieces)


def _text_entity(body: str) -> bytes:
    encoded = encode_text(body)
    tokens = ["text/plain"]
    for name, value in encoded.parameters:
        tokens += [";", f" {name}={value}"]
    head = fold("Content-Type", tokens) + fold("Content-Transfer-Encoding", [encoded.encoding])
    return head + b"\r\n" + encoded.octets


def _attachment_entity(attachment: Attachment) -> bytes:
    kind = attachment.content_type.strip().lower()
    if not _CONTENT_TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = "application/octet-stream"
    data, encoding = attachment.data, "base64"
    if kind == "message/rfc822":
        data = _LF.sub(b"\r\n", data)
        if b"\x00" in data or max(map(len, data.split(b"\r\n"))) > 998:
            kind = "application/octet-stream"  # RFC 2046 §5.2.1 allows no encoding that would hold this
        else:
            encoding = "7bit" if data.isascii() else "8bit"
    name = attachment.filename
    type_tokens, disposition = [kind], ["inline" if attachment.inline else "attachment"]
    if name:
        type_tokens += parameter("name", name)
        disposition += parameter("filename", name)
    head = [fold("Content-Type", type_tokens), fold("Content-Transfer-Encoding", [encoding])]
    head.append(fold("Content-Disposition", disposition))
    if attachment.description:
        head.append(unstructured("Content-Description", attachment.description))
    body = encode_base64(attachment.data) if encoding == "base64" else data
    return b"".join(head) + b"\r\n" + body
