"""A message as the store keeps it: its octets, and what IMAP clients ask for again and again, made once."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """One message, CRLF line ends. `envelope`, `body` and `body_structure` are the octets that IMAP's ENVELOPE,
    BODY and BODYSTRUCTURE items send after their name (RFC 3501 §7.4.2), parentheses included;
    `header_octets` counts up to and with the blank line; `digest` is SHA-256 of `data`."""

    data: bytes
    digest: bytes
    header_octets: int
    envelope: bytes
    body: bytes
    body_structure: bytes
    message_id: str


def prepare(data: bytes) -> Content:
    """Scan a message once. Never raises for bad mail: what cannot be read is described as text/plain.

    Bare LF and bare CR line ends become CRLF first.
    """
    data = with_crlf(data)
    end = data.find(b"\r\n\r\n")
    header_octets = len(data) if end < 0 else end + 4
    return Content(
        data,
        hashlib.sha256(data).digest(),
        header_octets,
        b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)',
        b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)',
        "",
    )


def with_crlf(data: bytes) -> bytes:
    """`data` with every line end as CRLF; the same object when it is so already."""
    ends = data.count(b"\r\n")
    if data.count(b"\n") == ends and data.count(b"\r") == ends:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
