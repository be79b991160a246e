"""Archives opened for a scanner: zip, gzip and tar in one another, within depth, total, members and ratio."""

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

READ_OCTETS = 65_536
ZIP_ENTRY = b"PK\x01\x02"
ODD = (EOFError, OSError, ValueError, IndexError, RuntimeError, OverflowError, struct.error)
"""What the readers of archives raise for odd ones, besides their own errors."""
SMALL_OCTETS = 1_048_576
"""Below this a high ratio is no bomb: a page of zeros packs well."""


class Bomb(Exception):
    """An archive passes a limit; the text says which."""


class Locked(Exception):
    """A member is encrypted: nobody can look into it."""


class Damaged(Exception):
    """An archive cannot be read to its end."""


@dataclass(slots=True)
class Budget:
    """What all archives of one message may take together."""

    octets: int
    members: int
    ratio: int
    depth: int
    packed: int = field(default=1)
    taken: int = 0

    def take(self, octets: int) -> None:
        """Count what was unpacked. Raises Bomb."""
        self.taken += octets
        if self.taken > self.octets:
            raise Bomb(f"it unpacks to more than {self.octets} octets")
        if self.taken > SMALL_OCTETS and self.taken > self.packed * self.ratio:
            raise Bomb(f"it unpacks to more than {self.ratio} times its size")

    def enter(self) -> None:
        """Count a member. Raises Bomb."""
        self.members -= 1
        if self.members < 0:
            raise Bomb("it has too many members")


Member = tuple[str, bytes]
"""A name as it stands in the archive, and the octets."""


def members_of(data: bytes, budget: Budget) -> Iterator[Member]:
    """The members of an archive; nothing for what is none. Raises Bomb, Locked and Damaged."""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _of_zip(data, budget)
    if data[:2] == b"\x1f\x8b":
        return _of_gzip(data, budget)
    if data[257:262] == b"ustar":
        return _of_tar(data, budget)
    return iter(())


def _of_zip(data: bytes, budget: Budget) -> Iterator[Member]:
    if data.count(ZIP_ENTRY) > budget.members:  # the reader makes an object of each before it can be stopped
        raise Bomb("it has too many members")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                budget.enter()
                if info.flag_bits & 1:
                    raise Locked(info.filename)
                with archive.open(info) as file:
                    yield info.filename, _read(file, budget)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, *ODD) as fault:
        raise Damaged(str(fault) or type(fault).__name__) from None


def _of_gzip(data: bytes, budget: Budget) -> Iterator[Member]:
    """All members one behind the other are one file (RFC 1952 §2.2); each counts, for there may be a million."""
    unpacked = bytearray()
    position = 0
    try:
        while data[position : position + 2] == b"\x1f\x8b":
            budget.enter()
            position = _inflate(data, position, unpacked, budget)
    except zlib.error as fault:
        raise Damaged(str(fault)) from None
    yield "", bytes(unpacked)


def _inflate(data: bytes, position: int, unpacked: bytearray, budget: Budget) -> int:
    """One gzip member from `position` on → where it ends. It is read in pieces: what is behind a member is never
    copied for each of many."""
    inflater = zlib.decompressobj(wbits=31)
    while not inflater.eof:
        given = inflater.unconsumed_tail
        if not given:
            given = data[position : position + READ_OCTETS]
            position += len(given)
        piece = inflater.decompress(given, READ_OCTETS)
        budget.take(len(piece))
        unpacked += piece
        if not given and not piece:
            raise Damaged("it ends in the middle")
    return position - len(inflater.unused_data)


def _of_tar(data: bytes, budget: Budget) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for info in archive:
                budget.enter()
                file = archive.extractfile(info) if info.isreg() else None
                if file is not None:
                    yield info.name, _read(file, budget)
    except (tarfile.TarError, *ODD) as fault:
        raise Damaged(str(fault) or type(fault).__name__) from None


def _read(file: "zipfile.ZipExtFile | io.BufferedIOBase | object", budget: Budget) -> bytes:
    """A whole member, in pieces, each counted before the next is unpacked."""
    unpacked = bytearray()
    while piece := file.read(READ_OCTETS):  # type: ignore[union-attr]
        budget.take(len(piece))
        unpacked += piece
    return bytes(unpacked)
