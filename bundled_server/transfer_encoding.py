"""Mail re-encoded for a narrower transport: what a leaf cannot carry as it is becomes base64 (RFC 2045 §6)."""

import re
from base64 import encodebytes
from collections.abc import Callable, Iterator

from bundled_server.mailbox.structure import NOT_ENCODED, Part, scan

UNTOUCHABLE = frozenset((b"SIGNED", b"ENCRYPTED"))  # RFC 1847 §2.1: a gateway must leave the inside alone
_ENCODING_FIELD = re.compile(rb"^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)
_UNDECLARED = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"  # RFC 1428 §3


class CannotEncode(ValueError):
    """The message cannot be carried without harm; the text says what stands in the way."""


def to_seven_bit(data: bytes) -> bytes:
    """`data` for a host without 8BITMIME (RFC 6152 §3). Raises CannotEncode. Signatures over the body
    (DKIM) do not survive; nothing else is lost."""
    if data.isascii():
        return data
    result = _encoded(
        data, scan(data), b"7bit", lambda part, body: not body.isascii() or part.encoding == b"BINARY"
    )
    if not result.isascii():
        raise CannotEncode("octets above 127 outside the bodies of its parts")
    return result


def without_binary(data: bytes) -> bytes:
    """`data` that came as BINARYMIME, as lines again (RFC 3030 §3). Raises CannotEncode when there are bare line
    ends or NULs outside the parts that are declared binary."""
    result = _encoded(
        data, scan(data), b"8bit", lambda part, body: part.encoding == b"BINARY" and not _is_text(body)
    )
    if not _is_text(result):
        raise CannotEncode("binary octets in a part that is not declared binary")
    return result


def _encoded(data: bytes, root: Part, container: bytes, wants: Callable[[Part, bytes], bool]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for part in _in_order(root):
        start, header_end, end = part.header_start, part.header_end, part.body_end
        if part.children:
            new_encoding = container if part.encoding in (b"8BIT", b"BINARY") else b""
            body, rest = b"", part.body_start
        else:
            body, rest = data[part.body_start : end], end
            new_encoding = b"base64" if part.encoding in NOT_ENCODED and wants(part, body) else b""
            if not new_encoding and part.encoding == b"BINARY":
                new_encoding = container
        if not new_encoding:
            continue
        header = _with_encoding(data[start:header_end], new_encoding)
        if part is root and b"content-type" not in part.fields:
            header += _UNDECLARED
        pieces += [data[position:start], header, b"\r\n"]
        if not part.children:
            pieces.append(_base64(body, is_last=part is root) if new_encoding == b"base64" else body)
        position = rest
    return b"".join([*pieces, data[position:]])


def _in_order(root: Part) -> Iterator[Part]:
    """Every part, as they stand in the message."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        if part.is_multipart and part.subtype in UNTOUCHABLE:
            continue
        waiting += reversed(part.children)


def _with_encoding(header: bytes, encoding: bytes) -> bytes:
    kept = _ENCODING_FIELD.sub(b"", header)
    if kept and not kept.endswith(b"\n"):
        kept += b"\r\n"
    return kept + b"Content-Transfer-Encoding: " + encoding + b"\r\n"


def _base64(body: bytes, *, is_last: bool) -> bytes:
    lines = encodebytes(body).replace(b"\n", b"\r\n")
    return lines if is_last else lines.removesuffix(b"\r\n")


def _not_seven_bit(part: Part, body: bytes) -> bool:
    return part.encoding == b"BINARY" or not body.isascii()


def _not_lines(part: Part, body: bytes) -> bool:
    return part.encoding == b"BINARY" and not _is_text(body)


def _is_text(data: bytes) -> bool:
    line_ends = data.count(b"\r\n")
    return data.count(b"\n") == line_ends == data.count(b"\r") and b"\0" not in data
