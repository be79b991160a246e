"""A message without its large parts: what is left out is marked with its IMAP section and size, to be fetched when
somebody asks for it."""

import re
from typing import Final

import msgspec

from termail.mime.headers import first_value
from termail.mime.message import parse_message
from termail.mime.part import Part
from termail.mime.transfer import IDENTITY

MARK: Final = "X-Termail-Missing"
PARTIAL_OCTETS: Final = 500_000
"""Smaller messages are taken whole."""
LEAF_OCTETS: Final = 100_000
"""Parts up to this size come along, whatever they are."""
TEXT_OCTETS: Final = 2_000_000
"""Texts to be read come along up to this size."""
EXACT_TYPES: Final = frozenset(("multipart/signed", "multipart/encrypted"))
"""Every octet of these is signed or sealed: they are taken whole."""
_MARK: Final = re.compile(rb"\s*([1-9]\d{0,3}(?:\.[1-9]\d{0,3}){0,99}) (\d{1,12})\s*")


class Missing(msgspec.Struct, frozen=True):
    """A part that was not fetched: IMAP's section, and the size of its encoded octets."""

    section: str
    size_octets: int


def is_needed(content_type: str, size_octets: int, *, is_file: bool) -> bool:
    """Whether a reader needs the octets of a part at once."""
    if size_octets <= LEAF_OCTETS:
        return True
    return content_type.startswith("text/") and not is_file and size_octets <= TEXT_OCTETS


def without_large_parts(raw: bytes) -> bytes | None:
    """The skeleton of a message that is at hand; None when it is small or has to stay whole."""
    if len(raw) <= PARTIAL_OCTETS:
        return None
    root = parse_message(raw)
    parts = list(root.walk())
    if any(part.content_type in EXACT_TYPES for part in parts) or not root.children:
        return None
    pieces: list[bytes] = []
    position = 0
    for part in parts:
        size = part.end - part.start
        is_file = part.disposition == "attachment"
        if part.is_multipart or part.start < position or is_needed(part.content_type, size, is_file=is_file):
            continue
        header_ends = part.start - (2 if raw[part.start - 2 : part.start] == b"\r\n" else 1)
        pieces += [raw[position:header_ends], mark(part.number, size), raw[header_ends : part.start]]
        position = part.end
    return b"".join([*pieces, raw[position:]]) if pieces else None


def part_octets(raw: bytes, section: str) -> bytes | None:
    """One part of a message that is at hand, as it is encoded."""
    return next((part.body for part in parse_message(raw).walk() if part.number == section), None)


def mark(section: str, size_octets: int) -> bytes:
    """The field that stands first in the header of a part that is left out."""
    return f"{MARK}: {section} {size_octets}\r\n".encode("ascii")


def missing_part(part: Part) -> Missing | None:
    """Only a part without octets can be missing; a sender who writes such a field himself gains an empty part."""
    if part.end > part.start + 2:
        return None
    found = _MARK.fullmatch(first_value(part.headers, MARK.lower()))
    return Missing(found[1].decode("ascii"), int(found[2])) if found is not None else None


def with_part(part: Part, octets: bytes) -> Part:
    """The same part with its octets, as they came."""
    return msgspec.structs.replace(part, source=octets, start=0, end=len(octets), children=[])


def missing_size(missing: Missing, encoding: str) -> int:
    """How large the file will be, about."""
    return missing.size_octets if encoding in IDENTITY else missing.size_octets * 57 // 78
