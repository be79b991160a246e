"""COMPRESS=DEFLATE (RFC 4978): both directions, with a bound on what a few octets may grow into."""

import zlib
from collections.abc import Iterator
from typing import Final

from termail.mra.imap.errors import ImapHostile

_RAW: Final = -zlib.MAX_WBITS
PIECE_OCTETS: Final = 262_144
RATIO_LIMIT: Final = 200
"""Header blocks and flag lists shrink twenty- or thirtyfold; a thousandfold is a trap."""
FREE_OCTETS: Final = 16_000_000
"""Until this much has come out the ratio is not looked at."""


class Deflate:
    """The state of one connection."""

    def __init__(self, ratio_limit: int = RATIO_LIMIT, free_octets: int = FREE_OCTETS) -> None:
        self._squeezing = zlib.compressobj(wbits=_RAW)
        self._opening = zlib.decompressobj(wbits=_RAW)
        self._ratio_limit = ratio_limit
        self._free_octets = free_octets
        self._came = 0
        self._grown = 0

    def squeeze(self, data: bytes | memoryview) -> bytes:
        """Octets for the wire, complete for the other side."""
        return self._squeezing.compress(data) + self._squeezing.flush(zlib.Z_SYNC_FLUSH)

    def open(self, data: bytes) -> Iterator[bytes]:
        """What the server's octets mean, in pieces of bounded size. Raises ImapHostile."""
        self._came += len(data)
        while True:
            try:
                piece = self._opening.decompress(data, PIECE_OCTETS)
            except zlib.error as error:
                raise ImapHostile(f"the server's compressed data is broken ({error})") from error
            self._grown += len(piece)
            if self._grown > max(self._free_octets, self._came * self._ratio_limit):
                raise ImapHostile("the server's compressed data grows without measure")
            if piece:
                yield piece
            data = self._opening.unconsumed_tail
            if not data and len(piece) < PIECE_OCTETS:
                return
