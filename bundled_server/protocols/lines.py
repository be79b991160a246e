"""Strict framing of CRLF lines with a limit, for every protocol that speaks in lines."""

CR = 0x0D


class LineFault(Exception):
    """The peer sent something that is not a line."""


class LineTooLong(LineFault):
    """A line passed the limit; its rest is thrown away as it arrives, and the dialogue may go on after it."""


class BareLineEnding(LineFault):
    """A CR without LF, or an LF without CR: the peer and we would not agree where lines end (RFC 5321 §2.3.8),
    so nothing after it can be trusted."""


class LineBuffer:
    """Bytes in, lines out, without their CRLF. Never holds more than one limit and what one `feed` brought.

    The limit counts octets without the CRLF and may be changed between lines.
    """

    def __init__(self, limit_octets: int) -> None:
        self.limit_octets = limit_octets
        self._buffer = b""
        self._position = 0
        self._skipping = False

    def __len__(self) -> int:
        """Octets held and not yet taken."""
        return len(self._buffer) - self._position

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        if self._position == len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._position :] + data
        self._position = 0

    def next_line(self) -> bytes | None:
        """The next whole line, or None when more input is needed. Raises LineTooLong (once for each such line)
        or BareLineEnding."""
        if self._skipping and not self._skip_to_line_end():
            return None
        buffer, start = self._buffer, self._position
        end = buffer.find(b"\n", start)
        if end < 0:
            if len(buffer) - start <= self.limit_octets + 1:
                return None
            self._skipping = True
            self._skip_to_line_end()
            raise LineTooLong
        if end == start or buffer[end - 1] != CR or buffer.find(b"\r", start, end - 1) >= 0:
            raise BareLineEnding
        self._position = end + 1
        if end - start > self.limit_octets + 1:
            raise LineTooLong
        return buffer[start : end - 1]

    def take_rest(self) -> bytes:
        """Everything held, for a reader of literals or of message data; the buffer is empty afterwards."""
        rest = self._buffer[self._position :]
        self.clear()
        return rest

    def clear(self) -> None:
        """Throw away everything held."""
        self._buffer = b""
        self._position = 0
        self._skipping = False

    def _skip_to_line_end(self) -> bool:
        """Drop the rest of a line that was too long; true when its end was found."""
        end = self._buffer.find(b"\r\n", self._position)
        if end < 0:
            self._buffer = b"\r" if self._buffer.endswith(b"\r") else b""
            self._position = 0
            return False
        self._position = end + 2
        self._skipping = False
        return True
