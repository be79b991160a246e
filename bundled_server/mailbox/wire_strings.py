"""IMAP strings on the wire: quoted where allowed, literal where not, NIL for what is absent (RFC 3501 §4.3)."""

import re
from typing import Final

NIL: Final = b"NIL"

_NOT_PLAIN: Final = re.compile(rb"[\x00\r\n\x80-\xff\"\\]")
_NOT_QUOTABLE: Final = re.compile(rb"[\r\n\x80-\xff]")
_SPECIAL: Final = re.compile(rb"([\"\\])")


def string(value: bytes) -> bytes:
    """A string. NUL cannot be sent in any form and is left out."""
    if _NOT_PLAIN.search(value) is None:
        return b'"%b"' % value
    value = value.replace(b"\0", b"")
    if _NOT_QUOTABLE.search(value) is not None:
        return b"{%d}\r\n%b" % (len(value), value)
    return b'"%b"' % _SPECIAL.sub(rb"\\\1", value)


def nstring(value: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return NIL if value is None else string(value)
