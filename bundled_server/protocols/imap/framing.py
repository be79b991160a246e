"""Cutting the stream of an IMAP connection into lines and literals, with limits."""


class LineTooLong(Exception):
    """A line passed the limit; its rest is thrown away as it arrives."""


class Framer:
    """Bytes in, lines and literals out. A line ends with LF, the CR before it is optional: people type, and a
    command has no lines that two readers could see differently."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._dropping_line = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def clear(self) -> None:
        """Throw away everything held."""
        self._buffer.clear()
        self._searched = 0
        self._dropping_line = False

    def next_line(self, limit_octets: int) -> bytes | None:
        """The next line without its end; None when more input is needed. Raises LineTooLong once a line."""
        buffer = self._buffer
        end = buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(buffer)
            if self._dropping_line:
                self._forget(len(buffer))
            elif len(buffer) > limit_octets + 1:
                self._dropping_line = True
                self._forget(len(buffer))
                raise LineTooLong
            return None
        line = bytes(buffer[: end - 1] if end and buffer[end - 1] == 0x0D else buffer[:end])
        self._forget(end + 1)
        if self._dropping_line:
            self._dropping_line = False
            return self.next_line(limit_octets)
        if len(line) > limit_octets:
            raise LineTooLong
        return line

    def next_literal(self, octets: int) -> bytes | None:
        """Exactly so many octets, None until they are there."""
        if len(self._buffer) < octets:
            return None
        literal = bytes(memoryview(self._buffer)[:octets])
        self._forget(octets)
        return literal

    def skip(self, octets: int) -> int:
        """Throw away up to so many octets; answers how many are still to come."""
        gone = min(octets, len(self._buffer))
        self._forget(gone)
        return octets - gone

    def _forget(self, octets: int) -> None:
        del self._buffer[:octets]
        self._searched = 0
