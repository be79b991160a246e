"""A message as the store keeps it: its octets, and what IMAP clients ask for again and again, made once."""

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
    raise NotImplementedError  # the mailbox room's first piece of work
