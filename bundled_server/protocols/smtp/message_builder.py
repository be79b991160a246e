"""The builder of one message: it checks and collects the pieces that DATA or BDAT bring."""

from enum import Enum

SMALL_PIECE_OCTETS = 2_048
SMALL_PIECES_JOINED = 128


class MessageFault(Enum):
    """Why a message cannot be taken."""

    TOO_BIG = "too big"
    LINE_TOO_LONG = "line too long"
    BARE_LINE_ENDING = "bare line ending"


class MessageBuilder:
    """Holds at most `message_octets`, and nothing once there is a fault. No piece may cut a CRLF in two.

    With `binary` (RFC 3030's BINARYMIME) there are no lines to check.
    """

    def __init__(self, message_octets: int, line_octets: int, *, binary: bool = False) -> None:
        self._message_octets = message_octets
        self._line_octets = line_octets
        self._binary = binary
        self._line_so_far = 0
        self._small_pieces = 0
        self.chunks: list[bytes] = []
        self.size_octets = 0
        self.fault: MessageFault | None = None

    def add(self, piece: bytes) -> None:
        """One more piece of the message."""
        if not piece:
            return
        if not self._binary and not self._lines_are_right(piece):
            return
        self.size_octets += len(piece)
        if self.size_octets > self._message_octets:
            self._drop(MessageFault.TOO_BIG)
        if self.fault is None:
            self._keep(piece)

    def _lines_are_right(self, piece: bytes) -> bool:
        line_ends = piece.count(b"\r\n")
        if piece.count(b"\n") != line_ends or piece.count(b"\r") != line_ends:
            self._drop(MessageFault.BARE_LINE_ENDING)
            return False
        if self._line_so_far + len(piece) > self._line_octets and self._has_long_line(piece):
            self._drop(MessageFault.LINE_TOO_LONG)
        last_line_end = piece.rfind(b"\n")
        self._line_so_far = len(piece) - last_line_end - 1 + (self._line_so_far if last_line_end < 0 else 0)
        return True

    def _keep(self, piece: bytes) -> None:
        """A peer that sends a few octets at a time must not cost us an object for each."""
        self.chunks.append(piece)
        self._small_pieces = self._small_pieces + 1 if len(piece) < SMALL_PIECE_OCTETS else 0
        if self._small_pieces == SMALL_PIECES_JOINED:
            self.chunks[-SMALL_PIECES_JOINED:] = [b"".join(self.chunks[-SMALL_PIECES_JOINED:])]
            self._small_pieces = 0

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
        self._small_pieces = 0
