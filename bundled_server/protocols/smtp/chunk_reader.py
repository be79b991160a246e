"""The reader of BDAT chunks: counted octets, no dots, no end mark (RFC 3030 §2)."""

from bundled_server.protocols.smtp.message_builder import MessageBuilder, MessageFault


class ChunkReader:
    """Collects the chunks of one message. `begin` announces a chunk, `feed` takes its octets and answers what
    came behind it. What is announced is always read to its end, wanted or not: the octets of a refused chunk must
    never be taken for commands."""

    def __init__(self, message_octets: int, line_octets: int) -> None:
        self._limits = (message_octets, line_octets)
        self._builder: MessageBuilder | None = None
        self._held_back = b""
        self._wanted = False
        self._last = False
        self.left_octets = 0

    @property
    def fault(self) -> MessageFault | None:
        return self._builder.fault if self._builder else None

    def start(self, *, binary: bool) -> None:
        """A new message; the chunks of an older one are forgotten."""
        self._builder = MessageBuilder(*self._limits, binary=binary)
        self._held_back = b""

    def begin(self, octets: int, *, last: bool, wanted: bool) -> None:
        """A chunk of this size follows; it is thrown away unless it is `wanted`."""
        self.left_octets = octets
        self._wanted = wanted
        self._last = last
        if wanted and last and not octets:
            self._add(b"")

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to the chunk → what does not."""
        piece, rest = data[: self.left_octets], data[self.left_octets :]
        self.left_octets -= len(piece)
        if self._wanted:
            self._add(piece)
        return rest

    def finish(self) -> tuple[list[bytes], int]:
        """The chunks of the whole message and its size."""
        builder, self._builder = self._builder, None
        assert builder is not None
        return builder.chunks, builder.size_octets

    def _add(self, piece: bytes) -> None:
        """Hand on all but a CR at the very end: its LF may be in the next piece."""
        assert self._builder is not None
        piece = self._held_back + piece
        keeps_cr = piece.endswith(b"\r") and not (self._last and not self.left_octets)
        self._held_back = b"\r" if keeps_cr else b""
        self._builder.add(piece[:-1] if keeps_cr else piece)
