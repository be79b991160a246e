"""Mailbox names on the wire: modified UTF-7 and quoting (RFC 3501 §5.1.3, §9)."""

import base64
import binascii
import re
from typing import Final

_ENCODED: Final = re.compile(r"&([^-]*)-?")
_PLAIN: Final = re.compile(r"[\x20-\x7e]+")
NAME_LIMIT: Final = 1_000


def encode_name(name: str) -> str:
    """Text → modified UTF-7. Raises ValueError for what no mailbox can be called."""
    if not name or len(name) > NAME_LIMIT:
        raise ValueError("a folder name has 1 to 1000 characters")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        raise ValueError("a folder name has no control characters")
    encoded = []
    position = 0
    for found in _PLAIN.finditer(name):
        encoded.append(_shifted(name[position : found.start()]))
        encoded.append(found[0].replace("&", "&-"))
        position = found.end()
    encoded.append(_shifted(name[position:]))
    return "".join(encoded)


def _shifted(text: str) -> str:
    if not text:
        return ""
    packed = base64.b64encode(text.encode("utf-16-be", "surrogatepass"), altchars=b"+,").rstrip(b"=")
    return f"&{packed.decode('ascii')}-"


def decode_name(raw: bytes) -> str:
    """Modified UTF-7 → text. What is not valid stays readable as it came, and encodes back to itself or not at
    all; raw UTF-8 is taken as such (servers with UTF8=ACCEPT, RFC 9755)."""
    text = raw.decode("utf-8", "replace")

    def unshift(found: re.Match[str]) -> str:
        if not found[1]:
            return "&"
        try:
            padded = found[1] + "=" * (-len(found[1]) % 4)
            return base64.b64decode(padded, altchars=b"+,", validate=True).decode("utf-16-be")
        except (binascii.Error, ValueError):
            return found[0]

    return _ENCODED.sub(unshift, text)


def quoted(text: str) -> bytes:
    """A quoted string (RFC 3501 §4.3) for ASCII text without line ends. Raises ValueError."""
    raw = text.encode("ascii")
    if b"\r" in raw or b"\n" in raw or b"\0" in raw:
        raise ValueError("CR, LF and NUL cannot stand in a quoted string")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def mailbox(name: str) -> bytes:
    """A mailbox name as an argument."""
    return quoted("INBOX" if name.upper() == "INBOX" else encode_name(name))
