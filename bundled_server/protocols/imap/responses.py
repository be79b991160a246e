"""Formatting of responses: strings in their safest form, flags, status lines (RFC 3501 §7, §9)."""

import re
from collections.abc import Iterable

_ATOM_ONLY = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_LONGEST_QUOTED = 1024


def string(octets: bytes) -> bytes:
    """A quoted string where that is possible, else a literal."""
    if len(octets) <= _LONGEST_QUOTED and _QUOTABLE.fullmatch(octets):
        return _quoted(octets)
    return literal(octets)


def _quoted(octets: bytes) -> bytes:
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(octets: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(octets), octets)


def nstring(octets: bytes | None) -> bytes:
    return b"NIL" if octets is None else string(octets)


def astring(octets: bytes) -> bytes:
    """An atom where that is possible and cannot be taken for NIL, else a string."""
    if _ATOM_ONLY.fullmatch(octets) and octets.upper() != b"NIL":
        return octets
    return string(octets)


def utf8_astring(octets: bytes) -> bytes:
    """As `astring`, for clients that take UTF-8 in quoted strings (RFC 6855 §3, RFC 9051 §5.1)."""
    if _CONTROL.search(octets) is None:
        return astring(octets) if octets.isascii() else _quoted(octets)
    return string(octets)


def flag_list(flags: Iterable[str]) -> bytes:
    """`(\\Answered \\Seen $Label)`, in a stable order."""
    return b"(" + " ".join(sorted(flags)).encode("ascii") + b")"


def status_line(tag: bytes, status: bytes, code: bytes, text: str) -> bytes:
    """`tag OK [CODE] text`, with nothing in it that could break the line."""
    words = "".join(c if " " <= c <= "~" else "?" for c in text) or "-"
    bracket = b"[%b] " % code if code else b""
    return b"%b %b %b%b\r\n" % (tag, status, bracket, words.encode("ascii"))
