"""Header blocks as they come: the fields the store describes, read in one pass that no mail can stop."""

import re
from collections.abc import Callable
from typing import Final

LONGEST_VALUE_OCTETS: Final = 262_144
MOST_LINES: Final = 100_000

WANTED: Final = frozenset(
    b"date subject from sender reply-to to cc bcc in-reply-to message-id content-type content-transfer-encoding"
    b" content-disposition content-id content-description content-language content-location content-md5".split()
)
ADDRESS_LISTS: Final = frozenset((b"to", b"cc", b"bcc"))

_FIELD: Final = re.compile(rb"([^\x00-\x20:\x7f]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_MAILBOX_LINE: Final = re.compile(rb">?From [^\n]*+(?:\n|\Z)")
_FOLD: Final = re.compile(rb"\r?\n")

Fields = dict[bytes, bytes]


def read_fields(
    data: bytes, start: int, is_delimiter: Callable[[int], bool] | None = None
) -> tuple[Fields, int, int]:
    """The wanted fields of the header at `start` by lower-case name, where the header ends, and where the body
    begins. Between the two lies the blank line, unless something that is no field ended the header.

    The first of repeated fields counts; repeated To, Cc and Bcc are joined. Lines that mbox files leave in headers
    ("From ", ">From ") are passed over. A header ends after MOST_LINES fields at the latest. `is_delimiter` tells
    whether a line that starts with "--" ends the part.
    """
    fields: Fields = {}
    position = start
    for _ in range(MOST_LINES):
        match = _FIELD.match(data, position)
        if match is None:
            line = _MAILBOX_LINE.match(data, position)
            if line is None:
                break
            position = line.end()
            continue
        name = match[1].lower()
        if name in WANTED:
            _keep(fields, name, match[2])
        elif is_delimiter is not None and name.startswith(b"--") and is_delimiter(position):
            break
        position = match.end()
    for blank in (b"\r\n", b"\n"):
        if data.startswith(blank, position):
            return fields, position, position + len(blank)
    return fields, position, position


def _keep(fields: Fields, name: bytes, raw: bytes) -> None:
    if name not in fields:
        fields[name] = unfolded(raw)
    elif name in ADDRESS_LISTS and len(fields[name]) < LONGEST_VALUE_OCTETS:
        fields[name] += b", " + unfolded(raw)


def unfolded(raw: bytes) -> bytes:
    """A field body on one line (RFC 5322 §2.2.3), without NUL, cut where it is absurdly long."""
    value = raw[:LONGEST_VALUE_OCTETS]
    if b"\n" in value:
        value = _FOLD.sub(b"", value)
    if b"\0" in value:
        value = value.replace(b"\0", b"")
    return value.strip()
