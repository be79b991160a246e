"""From octets to responses: lines joined over their literals, without recursion, each octet looked at once."""

import re
from dataclasses import dataclass
from typing import Final

from termail.mra.imap.errors import ImapHostile
from termail.mra.imap.limits import Limits

_LITERAL: Final = re.compile(rb"~?\{(\d{1,20})\+?\}$")
_STATUS: Final = re.compile(rb"(?:\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Frame:
    """One response: `pieces` are text, literal, text, … text; the announcement {n} is cut off the text."""

    pieces: tuple[bytes, ...]
    size_octets: int


class Framer:
    """Feed `receive`, take frames. Raises ImapHostile when a limit is broken; then it is of no further use."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._scanned = 0
        self._pieces: list[bytes] = []
        self._gathered_octets = 0
        self._literal: bytearray | None = None
        self._missing_octets = 0

    def receive(self, data: bytes) -> None:
        """Octets from the wire, in pieces of any size."""
        self._buffer += data

    def rest(self) -> bytes:
        """Take what came after the last frame: it is to be read in another way."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._scanned = 0
        return rest

    def next_frame(self) -> Frame | None:
        """The next whole response, None until more arrives."""
        while True:
            if self._literal is not None:
                if not self._fill_literal():
                    return None
                continue
            line = self._next_line()
            if line is None:
                return None
            size = self._announced(line)
            if size is None:
                frame = Frame((*self._pieces, line), self._gathered_octets + len(line))
                self._pieces = []
                self._gathered_octets = 0
                return frame
            self._begin_literal(line, size)

    def _next_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > self._limits.line_octets:
                raise ImapHostile(f"the server sent a line longer than {self._limits.line_octets} octets")
            return None
        if end > self._limits.line_octets:
            raise ImapHostile(f"the server sent a line longer than {self._limits.line_octets} octets")
        stop = end - 1 if end and self._buffer[end - 1] == 0x0D else end
        line = bytes(self._buffer[:stop])
        del self._buffer[: end + 1]
        self._scanned = 0
        return line

    def _announced(self, line: bytes) -> int | None:
        """The size of the literal a line announces. Human text of a status response announces none."""
        if not line.endswith(b"}"):
            return None
        found = _LITERAL.search(line)
        if found is None or (not self._pieces and _STATUS.match(line)):
            return None
        return int(found[1])

    def _begin_literal(self, line: bytes, size: int) -> None:
        if size > self._limits.literal_octets:
            raise ImapHostile(
                f"the server announced {size} octets at once, {self._limits.literal_octets} are allowed"
            )
        text = line[: line.rindex(b"{")].removesuffix(b"~")
        self._gathered_octets += len(text) + size
        if self._gathered_octets > self._limits.response_octets:
            raise ImapHostile(f"the server sent a response longer than {self._limits.response_octets} octets")
        self._pieces.append(text)
        if len(self._pieces) > 2 * self._limits.literals_in_response:
            raise ImapHostile("the server sent a response with too many literals")
        self._literal = bytearray()
        self._missing_octets = size

    def _fill_literal(self) -> bool:
        assert self._literal is not None
        taken = self._buffer[: self._missing_octets]
        self._literal += taken
        del self._buffer[: len(taken)]
        self._missing_octets -= len(taken)
        if self._missing_octets:
            return False
        self._pieces.append(bytes(self._literal))
        self._literal = None
        return True
