"""Reading back the ENVELOPE that was made at delivery: what SORT and THREAD compare (RFC 3501 §7.4.2)."""

import re
from dataclasses import dataclass
from enum import IntEnum

_STRING = re.compile(rb'NIL|"((?:[^"\\]|\\.)*)"|\{(\d+)\}\r\n', re.DOTALL)
_TOKEN = re.compile(rb'[() ]|NIL|"(?:[^"\\]|\\.)*"|\{(\d+)\}\r\n', re.DOTALL)
_USUAL_LIST = re.compile(rb'NIL|\((?:\((?:(?:NIL|"(?:[^"\\]|\\.)*+") ?){4}\))++\)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


class Depth(IntEnum):
    """How far into the envelope a reader must go."""

    DATE = 0
    SUBJECT = 1
    FROM = 2
    TO = 5
    CC = 6


@dataclass(frozen=True, slots=True)
class Address:
    """The first address of a list; b"" for what is absent."""

    name: bytes = b""
    mailbox: bytes = b""
    host: bytes = b""


NOBODY = Address()


@dataclass(slots=True)
class Face:
    """The fields of an envelope up to the depth that was read."""

    date: bytes = b""
    subject: bytes = b""
    sender: Address = NOBODY
    to: Address = NOBODY
    cc: Address = NOBODY


def read_face(envelope: bytes, depth: Depth) -> Face:
    """`envelope` is as `mailbox.envelope` makes it, parentheses included."""
    face = Face()
    face.date, at = _string(envelope, 1)
    if depth >= Depth.SUBJECT:
        face.subject, at = _string(envelope, at + 1)
    if depth >= Depth.FROM:
        face.sender, at = _first_address(envelope, at + 1, is_last=depth is Depth.FROM)
    if depth >= Depth.TO:
        at = _after_list(envelope, _after_list(envelope, at + 1) + 1)  # Sender and Reply-To
        face.to, at = _first_address(envelope, at + 1, is_last=depth is Depth.TO)
    if depth >= Depth.CC:
        face.cc, _ = _first_address(envelope, at + 1, is_last=True)
    return face


def date_of(envelope: bytes) -> bytes:
    """The Date field alone, which hardly ever needs more than a look at where it ends."""
    end = envelope.find(b'"', 2)
    if end > 0 and envelope.startswith(b'("') and envelope.find(b"\\", 2, end) < 0:
        return envelope[2:end]
    return _string(envelope, 1)[0]


def _string(envelope: bytes, at: int) -> tuple[bytes, int]:
    match = _STRING.match(envelope, at)
    if match is None:
        return b"", at
    if match[2] is not None:
        end = match.end() + int(match[2])
        return envelope[match.end() : end], end
    text = match[1] or b""
    return (_ESCAPED.sub(rb"\1", text) if b"\\" in text else text), match.end()


def _first_address(envelope: bytes, at: int, *, is_last: bool) -> tuple[Address, int]:
    if not envelope.startswith(b"((", at):
        return NOBODY, at + 3
    name, after = _string(envelope, at + 2)
    _, after = _string(envelope, after + 1)
    mailbox, after = _string(envelope, after + 1)
    host, after = _string(envelope, after + 1)
    return Address(name, mailbox, host), after if is_last else _after_list(envelope, at)


def _after_list(envelope: bytes, at: int) -> int:
    """Where the address list that begins at `at` ends."""
    usual = _USUAL_LIST.match(envelope, at)  # no literal in it
    if usual is not None:
        return usual.end()
    depth = 0
    while True:
        match = _TOKEN.match(envelope, at)
        if match is None:
            return len(envelope)
        at = match.end() + int(match[1] or 0)
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return at
