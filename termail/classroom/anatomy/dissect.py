"""Every line of a message with its place: the envelope's traces, header fields, boundaries, parts of the body."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from termail.mime.headers import first_value, scan_headers
from termail.mime.parameters import split_parameters

LINES_LIMIT: Final = 20_000
DEPTH_LIMIT: Final = 20
SHOWN_OCTETS: Final = 400


class Kind(StrEnum):
    """What a line is."""

    ENVELOPE = "envelope"
    FIELD = "field"
    FOLD = "fold"
    DIVIDER = "divider"
    BOUNDARY = "boundary"
    END = "end"
    BODY = "body"
    OUTSIDE = "outside"


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    r"""One line: `octets` without its line end; `ending` is that as one writes it, "\r\n", "\n" or "". `depth` is
    that of its MIME part, `part` what the part is, `encoding` its Content-Transfer-Encoding in small letters."""

    kind: Kind
    octets: bytes
    ending: str = ""
    offset: int = 0
    depth: int = 0
    part: str = ""
    encoding: str = ""
    charset: str = ""

    @property
    def text(self) -> str:
        """As far as it is text; octets that are none stand as \\xNN."""
        shown = self.octets[:SHOWN_OCTETS].decode("utf-8", "backslashreplace")
        return shown if len(self.octets) <= SHOWN_OCTETS else f"{shown} … ({len(self.octets)} octets)"


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One part in the tree; `line` is where it begins in the cuts."""

    depth: int
    content_type: str
    encoding: str
    name: str
    line: int
    octets: int


class Anatomy(msgspec.Struct, frozen=True):
    """The whole message; `is_cut` when it was too long to be taken apart to its end."""

    cuts: tuple[Cut, ...]
    tree: tuple[Leaf, ...]
    is_cut: bool


@dataclass(slots=True)
class _Open:
    """A part that is being read."""

    depth: int
    content_type: str = "text/plain"
    encoding: str = "7bit"
    charset: str = ""
    boundary: bytes = b""
    in_header: bool = True
    begun: bool = True


def dissect(raw: bytes, envelope: tuple[str, ...] = ()) -> Anatomy:
    """Line by line, with a stack of the boundaries that are open (RFC 2046 §5.1.1)."""
    reader = _Reader(raw)
    for text in envelope:
        reader.cuts.append(Cut(kind=Kind.ENVELOPE, octets=text.encode(), ending="\\r\\n", part="envelope"))
    is_cut = reader.read()
    return Anatomy(tuple(reader.cuts), tuple(reader.leaves()), is_cut)


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.cuts: list[Cut] = []
        self._stack = [_Open(0)]
        self._header: list[bytes] = []
        self._leaves: list[tuple[int, _Open, str]] = []
        self._header_at = 0

    def read(self) -> bool:
        """→ whether something was left out."""
        at = 0
        while at < len(self._raw):
            if len(self.cuts) >= LINES_LIMIT:
                return True
            end = self._raw.find(b"\n", at)
            end = len(self._raw) if end < 0 else end + 1
            line = self._raw[at:end]
            ending = "\\r\\n" if line.endswith(b"\r\n") else "\\n" if line.endswith(b"\n") else ""
            self._take(line.rstrip(b"\r\n") if ending else line, ending, at)
            at = end
        if self._stack[-1].in_header:
            self._begin_body()
        return False

    def leaves(self) -> list[Leaf]:
        """The parts, with the octets of their lines."""
        found: list[Leaf] = []
        for number, (line, part, name) in enumerate(self._leaves):
            until = self._leaves[number + 1][0] if number + 1 < len(self._leaves) else len(self.cuts)
            octets = sum(
                len(cut.octets) + len(cut.ending) // 2 for cut in self.cuts[line:until] if cut.kind is Kind.BODY
            )
            found.append(
                Leaf(
                    depth=part.depth, content_type=part.content_type, encoding=part.encoding, name=name, line=line,
                    octets=octets,
                )
            )  # fmt: skip
        return found

    def _take(self, line: bytes, ending: str, offset: int) -> None:
        level = self._boundary_of(line)
        if level is not None:
            self._cross(line, ending, offset, level)
            return
        part = self._stack[-1]
        if part.in_header:
            self._header_line(part, line, ending, offset)
        else:
            kind = Kind.BODY if not part.boundary else Kind.OUTSIDE
            self._add(kind, line, ending, offset, part)

    def _header_line(self, part: _Open, line: bytes, ending: str, offset: int) -> None:
        if not self._header:
            self._header_at = len(self.cuts)
        if line == b"":
            self._add(Kind.DIVIDER, line, ending, offset, part)
            self._begin_body()
            return
        self._header.append(line)
        self._add(Kind.FOLD if line[:1] in b" \t" else Kind.FIELD, line, ending, offset, part)

    def _begin_body(self) -> None:
        """The header is complete: what is this part?"""
        part = self._stack[-1]
        part.in_header = False
        fields = scan_headers(b"\r\n".join(self._header) + b"\r\n")
        value = first_value(fields, "content-type")
        if value:
            part.content_type, parameters = split_parameters(value)
            part.charset = parameters.get("charset", "")
            if part.content_type.startswith("multipart/") and len(self._stack) < DEPTH_LIMIT:
                part.boundary = parameters.get("boundary", "").encode("utf-8", "replace")
        encoding = first_value(fields, "content-transfer-encoding").decode("ascii", "replace").strip().lower()
        part.encoding = encoding or "7bit"
        _, disposition = split_parameters(first_value(fields, "content-disposition"))
        at = self._header_at if self._header else max(0, len(self.cuts) - 1)
        self._leaves.append((at, part, disposition.get("filename", "")))
        self._header = []

    def _boundary_of(self, line: bytes) -> int | None:
        """The place in the stack of the multipart whose boundary this line is."""
        if not line.startswith(b"--"):
            return None
        bare = line.rstrip()
        for level in range(len(self._stack) - 1, -1, -1):
            boundary = self._stack[level].boundary
            if boundary and bare in (b"--" + boundary, b"--" + boundary + b"--", b"--" + boundary + b" --"):
                return level
        return None

    def _cross(self, line: bytes, ending: str, offset: int, level: int) -> None:
        if self._stack[-1].in_header and self._header:
            self._begin_body()
        parent = self._stack[level]
        del self._stack[level + 1 :]
        is_end = line.rstrip().endswith(b"--") and line.rstrip() != b"--" + parent.boundary
        self._add(Kind.END if is_end else Kind.BOUNDARY, line, ending, offset, parent)
        if not is_end:
            self._header = []
            self._stack.append(_Open(parent.depth + 1))

    def _add(self, kind: Kind, line: bytes, ending: str, offset: int, part: _Open) -> None:
        self.cuts.append(
            Cut(
                kind=kind, octets=line, ending=ending, offset=offset, depth=part.depth,
                part=part.content_type if kind is not Kind.FIELD else "", encoding=part.encoding,
                charset=part.charset,
            )
        )  # fmt: skip
