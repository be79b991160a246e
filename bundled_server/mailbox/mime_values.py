"""The structured fields of MIME: a value with its parameters (RFC 2045 §5.1, RFC 2183 §2), read tolerantly."""

import re
from typing import Final

PARAMETERS: Final = 100

_TYPE: Final = re.compile(rb"\s*+([^\s/;()\"]++)\s*+/\s*+([^\s/;()\"]++)")
_WORD: Final = re.compile(rb"\s*+\"?([^\s;\"]++)")
_PARAMETER: Final = re.compile(
    rb";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)(?:\"|\\?\Z)|([^;\s]*+))", re.S
)
_PIECE: Final = re.compile(rb"\"(?:[^\"\\]|\\.)*+\"?|[()]|[^\"()]++|.", re.S)
_ESCAPED: Final = re.compile(rb"\\(.)", re.S)

Parameters = tuple[tuple[bytes, bytes], ...]


def content_type(value: bytes) -> tuple[bytes, bytes, Parameters] | None:
    """Type and subtype in upper case with the parameters; None when there is no type to read."""
    value = without_comments(value)
    match = _TYPE.match(value)
    if match is None:
        return None
    return match[1].upper(), match[2].upper(), parameters(value, match.end())


def disposition(value: bytes) -> tuple[bytes, Parameters] | None:
    """The disposition's type in upper case with the parameters."""
    value = without_comments(value)
    match = _WORD.match(value)
    return (match[1].upper(), parameters(value, match.end())) if match else None


def first_word(value: bytes) -> bytes:
    """A value that is one token, such as an encoding; b"" when there is none."""
    match = _WORD.match(without_comments(value))
    return match[1] if match else b""


def words(value: bytes) -> tuple[bytes, ...]:
    """A list of tokens with commas between, such as languages."""
    items = (item.strip(b' \t"') for item in without_comments(value).split(b",")[:PARAMETERS])
    return tuple(item for item in items if item)


def parameters(value: bytes, start: int) -> Parameters:
    """Parameters with upper-case names, in order. RFC 2231's pieces stay as they are: clients join them."""
    found = []
    for match in _PARAMETER.finditer(value, start):
        text = match[3] if match[2] is None else match[2]
        if match[2] is not None and b"\\" in text:
            text = _ESCAPED.sub(rb"\1", text)
        found.append((match[1].upper(), text))
        if len(found) >= PARAMETERS:
            break
    return tuple(found)


def without_comments(value: bytes) -> bytes:
    """`value` without its (comments) (RFC 5322 §3.2.2)."""
    if b"(" not in value:
        return value
    depth = 0
    kept = []
    for piece in _PIECE.findall(value):
        if piece == b"(":
            depth += 1
        elif piece == b")" and depth:
            depth -= 1
        elif not depth:
            kept.append(piece)
    return b"".join(kept)
