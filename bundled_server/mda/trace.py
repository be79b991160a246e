"""What final delivery writes on top (Return-Path, RFC 5321 §4.4; Delivered-To, RFC 9228) and reads there."""

import hashlib

from bundled_server.mailbox.content import Content, prepare


def delivery_lines(sender: str, address: str) -> bytes:
    """Both lines with their CRLF, for one mailbox."""
    return f"Return-Path: <{_clean(sender)}>\r\nDelivered-To: {_clean(address)}\r\n".encode("utf-8", "replace")


def forward_lines(address: str) -> bytes:
    """The line that a message gets on its way through an alias: with it a circle is seen."""
    return f"Delivered-To: {_clean(address)}\r\n".encode("utf-8", "replace")


def was_delivered_to(header: bytes, address: str) -> bool:
    """Whether the message passed this very address before: it is going in circles."""
    wanted = f"\ndelivered-to: {_clean(address).lower()}\r\n".encode("utf-8", "replace")
    return wanted in b"\n" + header.lower()


def is_junk(header: bytes) -> bool:
    """Whether the filters want the message in Junk. Their field is read here because they alone can have set it:
    the MTA and the MSA remove whatever a sender wrote of that name."""
    return b"\r\nX-Spam-Action: junk\r\n" in header or b"\r\nX-Spam-Action: quarantine\r\n" in header


def header_of(data: bytes) -> bytes:
    """The header block of a message that is not yet scanned."""
    end = data.find(b"\r\n\r\n")
    return data if end < 0 else data[: end + 2]


def with_lines(content: Content, lines: bytes) -> Content:
    """The same message with `lines` on top. None of them shows in ENVELOPE or BODYSTRUCTURE: only the octets,
    their digest and the length of the header are new."""
    data = lines + content.data
    if not content.header_octets:
        return prepare(data)
    return Content(
        data=data,
        digest=hashlib.sha256(data).digest(),
        header_octets=content.header_octets + len(lines),
        envelope=content.envelope,
        body=content.body,
        body_structure=content.body_structure,
        message_id=content.message_id,
    )


def _clean(address: str) -> str:
    """Without CR, LF and NUL, whatever an alias or a remote server made of it."""
    return address if address.isprintable() else "".join(c for c in address if c.isprintable())
