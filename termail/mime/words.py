"""RFC 2047 encoded words, as they should be and as they are."""

import binascii
import re
from typing import Final

from termail.mime.charsets import decode_raw_header, decode_text

# Tolerated: spaces and question marks inside the text, a language (RFC 2231 §5), missing white space around.
# The text may not hold "=?" (unless that is base64 padding before the closing "?="), which keeps floods linear.
_WORD: Final = re.compile(rb"=\?([^?\s=]{1,60})\?([bBqQ])\?((?:[^?=]++|=(?!\?(?!=))|\?(?!=))*+)\?=")
_QUOTED: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_words(value: bytes) -> str:
    """A header value as text: RFC 2047 words, raw UTF-8, else cp1252. Never raises."""
    if b"=?" not in value:
        return decode_raw_header(value)
    text: list[str] = []
    pending, pending_charset = b"", ""
    position = 0
    after_word = False
    for found in _WORD.finditer(value):
        between = value[position : found.start()]
        charset = found[1].partition(b"*")[0].decode("latin-1")
        # White space between encoded words is no text (§6.2); one character may be split over two words.
        joins = after_word and not between.strip()
        if not (joins and charset.lower() == pending_charset.lower()):
            if pending:
                text.append(decode_text(pending, pending_charset))
            pending, pending_charset = b"", charset
        if not joins:
            text.append(decode_raw_header(between))
        pending += _decode(found[2], found[3])
        position, after_word = found.end(), True
    if pending:
        text.append(decode_text(pending, pending_charset))
    text.append(decode_raw_header(value[position:]))
    return "".join(text)


def _decode(encoding: bytes, encoded: bytes) -> bytes:
    if encoding in b"qQ":
        return _QUOTED.sub(lambda found: bytes((int(found[1], 16),)), encoded.replace(b"_", b" "))
    digits = _NOT_BASE64.sub(b"", encoded)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    try:
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:
        return encoded
