"""Content-Transfer-Encodings undone, as far as they go (RFC 2045 §6, and uuencode)."""

import binascii
import re
from typing import Final

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64: Final = bytes(octet for octet in range(256) if octet not in _BASE64)
_PADDING: Final = re.compile(rb"=+")
_TRAILING_TEXT: Final = re.compile(rb"[^A-Za-z0-9+/=\s]")
UUENCODED: Final = re.compile(rb"^begin(?:-base64)? +[0-7]{3,4} +([^\r\n]{1,255})\r?\n", re.MULTILINE)

IDENTITY: Final = frozenset(("", "7bit", "8bit", "binary"))


def decode_transfer(body: bytes, encoding: str) -> bytes:
    """`body` decoded; what cannot be decoded comes back as it is. Never raises."""
    match encoding:
        case "base64":
            return _from_base64(body)
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _from_uuencode(body)
        case _:
            return body


def _from_base64(body: bytes) -> bytes:
    digits = body.translate(None, _NOT_BASE64)
    stripped = digits.rstrip(b"=")
    if b"=" in stripped:  # several encodings in a row, or a list's footer under the data
        return _from_base64_pieces(body)
    decoded = _quads(stripped)
    return decoded if decoded or not body.strip() else body


def _from_base64_pieces(body: bytes) -> bytes:
    decoded: list[bytes] = []
    for piece in _PADDING.split(body):
        if decoded and _TRAILING_TEXT.search(piece):
            break
        decoded.append(_quads(piece.translate(None, _NOT_BASE64)))
    return b"".join(decoded)


def _quads(digits: bytes) -> bytes:
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    try:
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:
        return b""


def _from_uuencode(body: bytes) -> bytes:
    start = UUENCODED.search(body)
    if start is None:
        return body
    if start[0].startswith(b"begin-base64"):
        return _from_base64(body[start.end() :].partition(b"\n====")[0])
    decoded = []
    for line in body[start.end() :].split(b"\n"):
        line = line.rstrip(b"\r")
        if line in (b"end", b"`") or line.strip() in (b"end", b""):
            break
        decoded.append(_uu_line(line))
    return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    """One line; encoders that pad wrongly are met as the uu codec of Python does."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:wanted])
        except binascii.Error:
            return b""
