"""Choosing fields of a header block as it stands, for BODY[HEADER.FIELDS …] (RFC 3501 §6.4.5)."""

import re
from collections.abc import Callable

from bundled_server.protocols.imap.fetch_items import Part, Section

_FOLDED = rb"[^\n]*\n?(?:[ \t][^\n]*\n?)*"
_FOLDED_LINES = rb".*+(?:\n[ \t].*+)*+"


def field_chooser(section: Section) -> Callable[[bytes], bytes]:
    """From a header block to the fields the section wants, with the blank line that ends them."""
    if section.part not in (Part.FIELDS, Part.FIELDS_NOT):
        return lambda header: header
    names = b"|".join(re.escape(name) for name in section.fields)
    if section.part is Part.FIELDS:
        return _chooser_of(section.fields, names)
    pattern = rb"^(?!(?:%b)[ \t]*:)[^ \t\r\n]%b" % (names, _FOLDED)
    find = re.compile(pattern, re.IGNORECASE | re.MULTILINE).findall
    return lambda header: b"".join(find(header)) + b"\r\n"


def _chooser_of(fields: tuple[bytes, ...], names: bytes) -> Callable[[bytes], bytes]:
    """A search for line feeds is fast as memory, and most lines are passed over by their first letter."""
    firsts = {name[:1] for name in fields} - {b""}
    ahead = rb"(?=[%b])" % re.escape(b"".join(sorted(firsts))) if firsts else b""
    find = re.compile(rb"\n%b((?:%b)[ \t]*+:%b)" % (ahead, names, _FOLDED_LINES), re.IGNORECASE).findall

    def choose(header: bytes) -> bytes:
        whole = header if header.endswith(b"\n") else header + b"\r\n"
        return b"\n".join([*find(b"\n" + whole), b"\r\n"])

    return choose


def cut(octets: bytes, partial: tuple[int, int] | None) -> bytes:
    """`<first.count>` of something; beyond its end there is nothing."""
    return octets if partial is None else octets[partial[0] : partial[0] + partial[1]]
