"""What a server says, as values, and the linear parser that makes them (RFC 9051 §7)."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from termail.mra.imap.errors import Unreadable
from termail.mra.imap.framing import Frame
from termail.mra.imap.limits import Limits

Value = Any
"""bytes (atom, string, literal), None (NIL), or a list of values."""


@dataclass(frozen=True, slots=True)
class Status:
    """`tag` is "" when untagged; `kind` OK, NO, BAD, BYE or PREAUTH; `code` and `arguments` from the brackets."""

    tag: str
    kind: str
    code: str
    arguments: str
    text: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """`+ text`."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Numbered:
    """`* 5 EXISTS`, RECENT or EXPUNGE."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """`* 5 FETCH (…)`; item names upper case, BODY[…] sections included."""

    number: int
    items: dict[str, Value] = field(default_factory=dict)

    @property
    def uid(self) -> int:
        """0 when the server did not tell it."""
        return number_of(self.items.get("UID"))


@dataclass(frozen=True, slots=True)
class Data:
    """Any other untagged response: LIST, STATUS, SEARCH, CAPABILITY, VANISHED …"""

    name: str
    values: list[Value]


Response = Status | Continuation | Numbered | Fetch | Data

_STATUS: Final = re.compile(rb"(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: (.*)|$)", re.IGNORECASE | re.DOTALL)
_CODE: Final = re.compile(rb"\[([^\s\]]+)(?: ([^\]]*))?\] ?(.*)", re.DOTALL)
_NUMBERED: Final = re.compile(rb"\* (\d{1,20}) ([A-Za-z]+) ?")
_NAMED: Final = re.compile(rb"\* ([A-Za-z0-9.=_+-]+) ?")
_TOKEN: Final = re.compile(
    rb'\s*(?:([()])|"([^"\\]*(?:\\.[^"\\]*)*)"|((?:BODY|BINARY)(?:\.[A-Z]+)?\[[^\]]*\](?:<\d+>)?|[^\s()"]+))',
    re.IGNORECASE | re.DOTALL,
)
TEXT_OCTETS: Final = 500
"""Human text of a status: it ends up on a status line and in the journal."""
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


def parse(frame: Frame, limits: Limits) -> Response:
    """Raises Unreadable."""
    first = frame.pieces[0]
    if first.startswith(b"+"):
        return Continuation(first[1:].lstrip(b" "))
    if len(frame.pieces) == 1:
        found = _STATUS.match(first)
        if found is not None:
            return _status(found)
    if not first.startswith(b"* "):
        raise Unreadable("a line that is no response")
    numbered = _NUMBERED.match(first)
    if numbered is not None:
        return _numbered(numbered, frame, limits)
    named = _NAMED.match(first)
    if named is None:
        raise Unreadable("an untagged response without a name")
    return Data(named[1].decode("ascii").upper(), _values(frame, named.end(), limits))


def number_of(value: Value) -> int:
    """A number of the grammar; 0 for anything else."""
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) <= 20 else 0


def text_of(value: Value) -> str:
    """An atom or string as text, "" for anything else."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _status(found: re.Match[bytes]) -> Status:
    tag = found[1].decode("ascii", "replace")
    rest = found[3] or b""
    code = _CODE.match(rest) if rest.startswith(b"[") else None
    name, arguments, text = (code[1], code[2] or b"", code[3]) if code is not None else (b"", b"", rest)
    return Status(
        tag="" if tag == "*" else tag,
        kind=found[2].decode("ascii").upper(),
        code=name.decode("ascii", "replace").upper(),
        arguments=arguments.decode("utf-8", "replace"),
        text=text[:TEXT_OCTETS].decode("utf-8", "replace"),
    )


def _numbered(found: re.Match[bytes], frame: Frame, limits: Limits) -> Response:
    number, name = int(found[1]), found[2].decode("ascii").upper()
    if name != "FETCH":
        return Numbered(number, name)
    values = _values(frame, found.end(), limits)
    if len(values) != 1 or not isinstance(values[0], list) or len(values[0]) % 2:
        raise Unreadable("a FETCH response that is no list of pairs")
    pairs = values[0]
    items = {text_of(pairs[at]).upper(): pairs[at + 1] for at in range(0, len(pairs), 2)}
    return Fetch(number, items)


def _values(frame: Frame, start: int, limits: Limits) -> list[Value]:
    """All values after the name, lists nested by a stack of our own: no recursion, one pass."""
    top: list[Value] = []
    stack = [top]
    count = 0
    for index, piece in enumerate(frame.pieces):
        if index % 2:
            stack[-1].append(piece)
            continue
        position = start if index == 0 else 0
        for token in _TOKEN.finditer(piece, position):
            if token.start() != position:
                break
            position = token.end()
            count += 1
            _take(token, stack, limits.depth)
        if count > limits.tokens:
            raise Unreadable("far too many values in one response")
        if position < len(piece) and piece[position:].strip():
            raise Unreadable("a quoted string without an end")
    if len(stack) != 1:
        raise Unreadable("a parenthesis that is never closed")
    return top


def _take(token: re.Match[bytes], stack: list[list[Value]], depth: int) -> None:
    atom = token[3]
    if atom is not None:
        stack[-1].append(None if len(atom) == 3 and atom.upper() == b"NIL" else atom)
        return
    bracket, string = token[1], token[2]
    if string is not None:
        stack[-1].append(_ESCAPED.sub(rb"\1", string) if b"\\" in string else string)
    elif bracket == b"(":
        if len(stack) > depth:
            raise Unreadable("parentheses nested too deep")
        inner: list[Value] = []
        stack[-1].append(inner)
        stack.append(inner)
    elif len(stack) == 1:
        raise Unreadable("a parenthesis that was never opened")
    else:
        stack.pop()
