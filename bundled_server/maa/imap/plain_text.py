"""A quick no: telling from the octets alone that a message cannot hold a text, without opening its parts."""

import re

_ENCODED = (b"base64", b"quoted-printable", b"charset*")
_CHARSET = re.compile(rb"charset\s*=\s*\"?(us-ascii|utf-8|iso-8859-\d+|windows-125\d)?")


class Octets:
    """The octets of a message. Where they are ASCII and nothing in them is encoded, every decoded text is a piece
    of them, and what is not in them is in no text."""

    def __init__(self, message: bytes) -> None:
        self._lower = message.lower() if message.isascii() else b""
        self.are_text = bool(self._lower) and not any(word in self._lower for word in _ENCODED)
        if self.are_text and b"charset" in self._lower:
            self.are_text = all(_CHARSET.findall(self._lower))

    def lack(self, wanted: str) -> bool:
        """Whether no text part holds `wanted` (folded). False tells nothing."""
        return self.are_text and "\n" not in wanted and wanted.encode("utf-8", "replace") not in self._lower
