"""A message without one of its parts: a line of text says what stood there."""

from typing import Final

from termail.mime.body_encoding import encode_text
from termail.mime.message import parse_message
from termail.mime.part import Part
from termail.mime.sanitize import clean_line
from termail.mime.skeleton import EXACT_TYPES

_LEAD: Final = b"Content-Type: text/plain; charset=utf-8; x-removed=yes\r\nContent-Transfer-Encoding: "


def without_part(raw: bytes, number: str) -> bytes:
    """Raises ValueError for what cannot be taken out: the whole message, a part of something signed."""
    parts = list(parse_message(raw).walk())
    part = next((part for part in parts if part.number == number), None)
    if part is None or part is parts[0] or part.is_multipart or "#" in number:
        raise ValueError("This part cannot be taken out of the message.")
    if any(entry.content_type in EXACT_TYPES for entry in parts):
        raise ValueError("The message is signed or encrypted: nothing can be taken out of it.")
    boundary = raw.rfind(b"\n--", 0, part.start)
    header = raw.find(b"\n", boundary + 1) + 1
    if boundary < 0 or header > part.start:
        raise ValueError("This part cannot be taken out of the message.")
    return raw[:header] + _note(part) + raw[part.end :]


def _note(part: Part) -> bytes:
    name = clean_line(part.filename) or "an attachment"
    body = encode_text(
        f"[{name} ({clean_line(part.content_type)}, {part.end - part.start:,} octets) was removed]\n"
    )
    return _LEAD + body.encoding.encode("ascii") + b"\r\n\r\n" + body.octets.removesuffix(b"\r\n")
