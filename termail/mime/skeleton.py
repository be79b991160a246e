"""A message without its large parts: what is left out is marked with its IMAP section and size, to be fetched when
somebody asks for it."""

import re
from typing import Final

import msgspec

from termail.mime.headers import first_value
from termail.mime.part import Part
from termail.mime.transfer import IDENTITY

MARK: Final = "X-Termail-Missing"
_MARK: Final = re.compile(rb"\s*([1-9]\d{0,3}(?:\.[1-9]\d{0,3}){0,99}) (\d{1,12})\s*")


class Missing(msgspec.Struct, frozen=True):
    """A part that was not fetched: IMAP's section, and the size of its encoded octets."""

    section: str
    size_octets: int


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
