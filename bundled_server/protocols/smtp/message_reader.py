"""The reader of message data after DATA: finds its one true end and takes the dots off (RFC 5321 §4.5.2)."""

from bundled_server.protocols.smtp.message_builder import MessageBuilder, MessageFault

END_OF_DATA = b"\r\n.\r\n"


class MessageReader:
    """Collects one message as chunks. Only CRLF.CRLF ends it.

    A message past `message_octets`, or with a line past `line_octets`, is read to its end and thrown away, so
    that the dialogue can go on. A bare CR or LF is found at once; the dialogue cannot go on after that, because
    others may see another end of the message than we do.
    """

    def __init__(self, message_octets: int, line_octets: int) -> None:
        self._builder = MessageBuilder(message_octets, line_octets)
        self._held_back = b"\r\n"
        self._virtual_octets = 2  # the CRLF that stands for the one before the first line
        self.rest: bytes | None = None

    @property
    def chunks(self) -> list[bytes]:
        return self._builder.chunks

    @property
    def size_octets(self) -> int:
        return self._builder.size_octets

    @property
    def fault(self) -> MessageFault | None:
        return self._builder.fault

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
        piece = piece.replace(b"\r\n.", b"\r\n")
        if self._virtual_octets and piece:
            piece = piece[self._virtual_octets :]
            self._virtual_octets = 0
        self._builder.add(piece)


def _octets_that_may_begin_the_end(buffer: bytes) -> int:
    """How many octets at the end of `buffer` could be the start of CRLF.CRLF."""
    for length in (4, 3, 2, 1):
        if buffer.endswith(END_OF_DATA[:length]):
            return length
    return 0
