"""A compressed stream in both directions, raw DEFLATE as RFC 4978 wants it."""

import zlib

_RAW = -15
_LEVEL = 3  # mail is mostly text: more effort gains little


class BadDeflateData(ConnectionError):
    """What the peer sent is no DEFLATE stream, or goes on behind its end."""


class DeflateStream:
    """Inflates no more at a time than was asked for, so that a small input cannot become a large memory."""

    def __init__(self) -> None:
        self._in = zlib.decompressobj(_RAW)
        self._out = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        self._has_more = False

    @property
    def has_more(self) -> bool:
        """Whether `inflate(b"", …)` may have something."""
        return self._has_more

    def deflate(self, data: bytes) -> bytes:
        """Octets to send now."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def inflate(self, data: bytes, most_octets: int) -> bytes:
        """At most so many octets of what the peer sent; call again while `has_more`. Raises BadDeflateData."""
        try:
            plain = self._in.decompress(self._in.unconsumed_tail + data, most_octets)
        except zlib.error as error:
            raise BadDeflateData(str(error)) from error
        if self._in.eof:
            raise BadDeflateData("the compressed stream has ended")
        self._has_more = bool(self._in.unconsumed_tail) or len(plain) == most_octets
        return plain
