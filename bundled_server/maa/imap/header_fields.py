"""Choosing fields of a header block as it stands, for BODY[HEADER.FIELDS …] (RFC 3501 §6.4.5)."""

import re
from collections.abc import Callable

from bundled_server.protocols.imap.fetch_items import Part, Section

_FOLDED = rb"[^\n]*\n?(?:[ \t][^\n]*\n?)*"


def field_chooser(section: Section) -> Callable[[bytes], bytes]:
    """From a header block to the fields the section wants, with the blank line that ends them."""
    if section.part not in (Part.FIELDS, Part.FIELDS_NOT):
        return lambda header: header
    names = b"|".join(re.escape(name) for name in section.fields)
    if section.part is Part.FIELDS:
        pattern = rb"^(?:%b)[ \t]*:%b" % (names, _FOLDED)
    else:
        pattern = rb"^(?!(?:%b)[ \t]*:)[^ \t\r\n]%b" % (names, _FOLDED)
    find = re.compile(pattern, re.IGNORECASE | re.MULTILINE).findall
    return lambda header: b"".join(find(header)) + b"\r\n"


def cut(octets: bytes, partial: tuple[int, int] | None) -> bytes:
    """`<first.count>` of something; beyond its end there is nothing."""
    return octets if partial is None else octets[partial[0] : partial[0] + partial[1]]
