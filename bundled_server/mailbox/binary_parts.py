"""Parts with NUL in them: they come by literal8 and are kept in base64, so that BODY[] can give them back."""

import re
from base64 import encodebytes
from typing import Final

from bundled_server.mailbox.structure import Part, scan

_ENCODING_FIELD: Final = re.compile(
    rb"^content-transfer-encoding[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n", re.IGNORECASE | re.MULTILINE
)
_FIELD_OF_BASE64: Final = b"Content-Transfer-Encoding: base64\r\n"
_PLAIN: Final = frozenset((b"7BIT", b"8BIT", b"BINARY"))


def without_nul(message: bytes) -> bytes:
    """The message with each part that holds NUL in base64; the same object when there is none. Raises ValueError
    for NUL in a header, between parts, or under an encoding."""
    if b"\0" not in message:
        return message
    pieces: list[bytes] = []
    done = 0
    for part in _leaves(scan(message)):
        if message.find(b"\0", part.body_start, part.body_end) >= 0 and part.encoding in _PLAIN:
            header = _ENCODING_FIELD.sub(b"", message[part.header_start : part.body_start])
            body = encodebytes(message[part.body_start : part.body_end]).replace(b"\n", b"\r\n")
            blank = b"\r\n" if part.header_end == part.body_start else b""
            pieces += [message[done : part.header_start], _FIELD_OF_BASE64, header, blank, body]
            done = part.body_end
    whole = b"".join([*pieces, message[done:]])
    if b"\0" in whole:
        raise ValueError("NUL in mail is kept in the bodies of parts only")
    return whole


def _leaves(root: Part) -> list[Part]:
    """The parts without parts, in the order in which they stand."""
    found, waiting = [], [root]
    while waiting:
        part = waiting.pop()
        waiting.extend(reversed(part.children))
        if not part.children:
            found.append(part)
    return found
