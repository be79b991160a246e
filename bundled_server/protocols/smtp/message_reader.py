"""The reader of message data after DATA: finds its one true end and takes the dots off (RFC 5321 §4.5.2)."""

from enum import Enum

END_OF_DATA = b"\r\n.\r\n"


class MessageFault(Enum):
    """Why a message cannot be taken."""

    TOO_BIG = "too big"
    LINE_TOO_LONG = "line too long"
    BARE_LINE_ENDING = "bare line ending"


class MessageReader:
    """Collects one message as chunks. Only CRLF.CRLF ends it.

    A message past `message_octets`, or with a line past `line_octets`, is read to its end and thrown away, so
    that the dialogue can go on. A bare CR or LF is found at once; the dialogue cannot go on after that, because
    others may see another end of the message than we do.
    """

    def __init__(self, message_octets: int, line_octets: int) -> None:
        self._message_octets = message_octets
        self._line_octets = line_octets
        self._held_back = b"\r\n"
        self._virtual_octets = 2  # the CRLF that stands for the one before the first line
        self._line_so_far = 0
        self.chunks: list[bytes] = []
        self.size_octets = 0
        self.fault: MessageFault | None = None
        self.rest: bytes | None = None

    @property
    def is_finished(self) -> bool:
        """The end was seen, `rest` holds what came after it; or nothing more should be read."""
        return self.rest is not None or self.fault is MessageFault.BARE_LINE_ENDING

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        buffer = self._held_back + data
        end = buffer.find(END_OF_DATA)
        if end >= 0:
            self.rest = buffer[end + len(END_OF_DATA) :]
            self._keep(buffer[: end + 2])
            return
        held_back = _octets_that_may_begin_the_end(buffer)
        self._held_back = buffer[len(buffer) - held_back :]
        self._keep(buffer[: len(buffer) - held_back])

    def _keep(self, piece: bytes) -> None:
        line_ends = piece.count(b"\r\n")
        if piece.count(b"\n") != line_ends or piece.count(b"\r") != line_ends:
            self._drop(MessageFault.BARE_LINE_ENDING)
            return
        if self._line_so_far + len(piece) > self._line_octets and self._has_long_line(piece):
            self._drop(MessageFault.LINE_TOO_LONG)
        last_line_end = piece.rfind(b"\n")
        self._line_so_far = len(piece) - last_line_end - 1 + (self._line_so_far if last_line_end < 0 else 0)
        piece = piece.replace(b"\r\n.", b"\r\n")
        if self._virtual_octets and piece:
            piece = piece[self._virtual_octets :]
            self._virtual_octets = 0
        self.size_octets += len(piece)
        if self.size_octets > self._message_octets:
            self._drop(MessageFault.TOO_BIG)
        if self.fault is None and piece:
            self.chunks.append(piece)

    def _has_long_line(self, piece: bytes) -> bool:
        """Whether a line passes the limit; hops from one line end to the last one within reach."""
        reach = self._line_octets - self._line_so_far
        position = 0
        while len(piece) - position > reach:
            line_end = piece.rfind(b"\n", position, position + max(reach, 0) + 2)
            if line_end < 0:
                return True
            position = line_end + 1
            reach = self._line_octets
        return False

    def _drop(self, fault: MessageFault) -> None:
        self.fault = self.fault if self.fault and fault is not MessageFault.BARE_LINE_ENDING else fault
        self.chunks.clear()


def _octets_that_may_begin_the_end(buffer: bytes) -> int:
    """How many octets at the end of `buffer` could be the start of CRLF.CRLF."""
    for length in (4, 3, 2, 1):
        if buffer.endswith(END_OF_DATA[:length]):
            return length
    return 0
