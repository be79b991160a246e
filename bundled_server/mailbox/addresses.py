"""Address lists of header fields, read tolerantly into the four columns of IMAP's ENVELOPE."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MOST_ADDRESSES: Final = 10_000

_TOKEN: Final = re.compile(
    rb"(?P<quoted>\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z))|(?P<atom>[^\s\"()\[\]<>,;:@\\]++)|(?P<special>[<>,;:@])"
    rb"|(?P<comment>\()|(?P<literal>\[[^\]\r\n]*+\]?)|\s++|.",
    re.S,
)
_COMMENT_PIECE: Final = re.compile(rb"\\.|[()]|[^()\\]++|\\\Z", re.S)
_ESCAPED: Final = re.compile(rb"\\(.)", re.S)
_SIMPLE: Final = re.compile(
    rb"(?:\"([^\"\\]*+)\"\s*+|([^\s\"()\[\]<>,;:@\\.][^\"()\[\]<>,;:@\\]*)?)"
    rb"<([^\s\"()\[\]<>,;:@\\]++)@([^\s\"()\[\]<>,;:@\\]++)>\Z"
)


class Address(NamedTuple):
    """One address structure (RFC 3501 §7.4.2): all four are None where a group ends; `mailbox` without `host`
    begins the group of that name."""

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


GROUP_END: Final = Address(None, None, None, None)


def addresses(value: bytes) -> list[Address]:
    """The addresses of a field body on one line. An address without a domain has the host b""; what cannot be read
    at all is passed over."""
    simple = _SIMPLE.match(value)
    if simple is not None:
        name = simple[2] if simple[1] is None else simple[1]
        return [Address(name.strip() or None if name else None, None, simple[3], simple[4])]
    return list(_AddressList(value).run())


class _AddressList:
    """Reads tokens into the address that is being made."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._in_group = False
        self._start()

    def _start(self) -> None:
        self._phrase: list[bytes] = []  # words before <
        self._local: list[bytes] = []
        self._domain: list[bytes] = []
        self._route: list[bytes] = []
        self._comment = b""
        self._in_angle = False
        self._had_angle = False
        self._at = False

    def run(self) -> Iterator[Address]:
        count = position = 0
        while position < len(self._value) and count < MOST_ADDRESSES:
            match = _TOKEN.match(self._value, position)
            assert match is not None  # the last alternative takes anything
            position = match.end()
            kind = match.lastgroup
            if kind == "comment":
                self._comment, position = _comment(self._value, position)
            elif kind == "special":
                for address in self._special(match[0]):
                    count += 1
                    yield address
            elif kind is not None:
                self._word(match[0], kind)
        yield from self._finish()
        if self._in_group:
            yield GROUP_END

    def _word(self, token: bytes, kind: str) -> None:
        word = _ESCAPED.sub(rb"\1", token[1:].removesuffix(b'"')) if kind == "quoted" else token
        if self._had_angle and not self._in_angle:
            return
        if self._at:
            self._domain.append(word)
        elif self._in_angle:
            self._local.append(word)
        else:
            self._phrase.append(word)

    def _special(self, token: bytes) -> Iterator[Address]:
        match token:
            case b"<" if not self._in_angle:
                if self._at:  # a display name that looks like an address
                    self._phrase = [b" ".join(self._phrase) + b"@" + b"".join(self._domain)]
                self._in_angle = self._had_angle = True
                self._at, self._local, self._domain = False, [], []
            case b">":
                self._in_angle = False
            case b"@":
                self._take_at()
            case b":" if self._in_angle:
                self._take_route()
            case b":" if not self._at and not self._in_group and not self._had_angle:
                yield Address(None, None, b" ".join(self._phrase), None)
                self._in_group = True
                self._start()
            case b"," if not (self._in_angle and self._at and not self._local):
                yield from self._finish()
            case b",":
                self._domain.append(b",")
            case b";":
                yield from self._finish()
                if self._in_group:
                    self._in_group = False
                    yield GROUP_END

    def _take_at(self) -> None:
        if self._had_angle and not self._in_angle:
            return
        if self._at:
            if self._in_angle and not self._local:
                self._domain.append(b"@")  # <@one,@two:local@domain>
            else:
                self._local.append(b"@" + b"".join(self._domain))
                self._domain = []
            return
        self._at = True
        if not self._in_angle:
            self._local = self._phrase

    def _take_route(self) -> None:
        """What stood between < and : is a source route (RFC 5322 §4.4) when it began with @."""
        if not self._at or self._local:
            (self._domain if self._at else self._local).append(b":")
            return
        self._route = [b"@", *self._domain]
        self._at, self._local, self._domain = False, [], []

    def _finish(self) -> Iterator[Address]:
        """The address made so far, if there is one."""
        local = b"".join(self._local) if self._had_angle or self._at else b" ".join(self._phrase)
        domain = b"".join(self._domain)
        name = b" ".join(self._phrase) if self._had_angle else self._comment
        if local or domain or (self._had_angle and name):
            yield Address(name or None, b"".join(self._route) or None, local, domain)
        self._start()


def _comment(value: bytes, position: int) -> tuple[bytes, int]:
    """The text of the comment whose "(" was just read, and where it ends."""
    depth = 1
    start = position
    while position < len(value):
        match = _COMMENT_PIECE.match(value, position)
        assert match is not None  # every octet is in one of the pieces
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return value[start:position].strip(), match.end()
        position = match.end()
    return value[start:].strip(), position
