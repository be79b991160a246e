"""Cutting the stream of a connection into lines and literals, with limits: for IMAP and ManageSieve."""

_KEPT_OCTETS = 128


class LineTooLong(Exception):
    """A line passed the limit and was thrown away up to its end, all but its `head` and its `tail`: who reads on
    must know whose it was, and whether it announced a literal."""

    def __init__(self, head: bytes, tail: bytes) -> None:
        super().__init__("line too long")
        self.head = head
        self.tail = tail


class Framer:
    """Bytes in, lines and literals out. A line ends with LF, the CR before it is optional: people type, and a
    command has no lines that two readers could see differently."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._dropped_head = b""
        self.dropped_octets = 0

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def clear(self) -> None:
        """Throw away everything held."""
        self._buffer.clear()
        self._searched = 0
        self._dropped_head = b""
        self.dropped_octets = 0

    def next_line(self, limit_octets: int) -> bytes | None:
        """The next line without its end; None when more input is needed. Raises LineTooLong when the end of a
        line beyond the limit has arrived; until then `dropped_octets` grows, the memory used does not."""
        buffer = self._buffer
        end = buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(buffer)
            if self.dropped_octets or len(buffer) > limit_octets + 1:
                self._drop(len(buffer) - _KEPT_OCTETS)
            return None
        line = bytes(buffer[: end - 1] if end and buffer[end - 1] == 0x0D else buffer[:end])
        self._forget(end + 1)
        if self.dropped_octets or len(line) > limit_octets:
            head = self._dropped_head or line[:_KEPT_OCTETS]
            self.dropped_octets = 0
            raise LineTooLong(head, line[-_KEPT_OCTETS:])
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

    def _drop(self, octets: int) -> None:
        if octets <= 0:
            return
        if not self.dropped_octets:
            self._dropped_head = bytes(self._buffer[:_KEPT_OCTETS])
        self.dropped_octets += octets
        self._forget(octets)
        self._searched = len(self._buffer)

    def _forget(self, octets: int) -> None:
        del self._buffer[:octets]
        self._searched = 0
