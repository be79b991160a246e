"""A message as the store keeps it: its octets, and what IMAP clients ask for again and again, made once."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from bundled_server.mailbox.bodystructure import faces
from bundled_server.mailbox.envelope import envelope
from bundled_server.mailbox.structure import scan

_MESSAGE_ID: Final = re.compile(rb"<[^<>]*>")
_LONGEST_MESSAGE_ID: Final = 998


@dataclass(frozen=True, slots=True)
class Content:
    """One message, CRLF line ends. `envelope`, `body` and `body_structure` are the octets that IMAP's ENVELOPE,
    BODY and BODYSTRUCTURE items send after their name (RFC 3501 §7.4.2), parentheses included;
    `header_octets` counts up to and with the blank line; `digest` is SHA-256 of `data`; `message_id` keeps its
    angle brackets."""

    data: bytes
    digest: bytes
    header_octets: int
    envelope: bytes
    body: bytes
    body_structure: bytes
    message_id: str


def prepare(data: bytes, *, has_crlf: bool = False) -> Content:
    """Scan a message once. Never raises for bad mail: what cannot be read is described as text/plain.

    Bare LF and bare CR line ends become CRLF first, unless the caller knows that there are none (`has_crlf`).
    """
    if not has_crlf:
        data = with_crlf(data)
    root = scan(data)
    body, body_structure = faces(root)
    return Content(
        data=data,
        digest=hashlib.sha256(data).digest(),
        header_octets=root.body_start,
        envelope=envelope(root.fields),
        body=body,
        body_structure=body_structure,
        message_id=_message_id(root.fields.get(b"message-id", b"")),
    )


def with_crlf(data: bytes) -> bytes:
    """`data` with every line end as CRLF; the same object when it is so already."""
    ends = data.count(b"\r\n")
    if data.count(b"\n") == ends and data.count(b"\r") == ends:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _message_id(value: bytes) -> str:
    match = _MESSAGE_ID.search(value)
    text = match[0] if match else value
    return text[:_LONGEST_MESSAGE_ID].decode("utf-8", "replace")
