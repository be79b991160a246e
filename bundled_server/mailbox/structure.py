"""The MIME structure of a message: a tree of parts with their places in the octets (RFC 2045, RFC 2046)."""

from dataclasses import dataclass, field
from typing import Final

from bundled_server.mailbox.header_fields import Fields, read_fields
from bundled_server.mailbox.mime_values import Parameters, content_type, disposition, first_word, words

DEEPEST: Final = 100
MOST_PARTS: Final = 10_000
MOST_DASHED_LINES: Final = 1_000_000
LONGEST_BOUNDARY_LINE: Final = 256

Kind = tuple[bytes, bytes, Parameters]

TEXT_PLAIN: Final[Kind] = (b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),))
MESSAGE: Final[Kind] = (b"MESSAGE", b"RFC822", ())
OCTET_STREAM: Final[Kind] = (b"APPLICATION", b"OCTET-STREAM", ())
NOT_ENCODED: Final = frozenset((b"7BIT", b"8BIT", b"BINARY"))


@dataclass(slots=True, eq=False)
class Part:
    """One part, or the message itself. Offsets count octets of the scanned data: the header (a part's MIME header)
    is `[header_start:body_start]` with its blank line, the body `[body_start:body_end]`.

    Types, parameter names and encoding are upper case. `children` are the parts of a multipart, or the one message
    inside message/rfc822. `lines` counts line ends of text and message/rfc822 bodies. `fields` has the header
    fields that were read, by lower-case name.
    """

    header_start: int
    header_end: int
    body_start: int
    body_end: int
    main_type: bytes
    subtype: bytes
    parameters: Parameters
    fields: Fields
    encoding: bytes = b"7BIT"
    lines: int = 0
    children: list["Part"] = field(default_factory=list)

    @property
    def octets(self) -> int:
        return self.body_end - self.body_start

    @property
    def is_multipart(self) -> bool:
        return self.main_type == b"MULTIPART"

    @property
    def message(self) -> "Part | None":
        """The message inside message/rfc822."""
        return self.children[0] if self.children and self.main_type == b"MESSAGE" else None

    @property
    def disposition(self) -> tuple[bytes, Parameters] | None:
        value = self.fields.get(b"content-disposition")
        return disposition(value) if value else None

    @property
    def languages(self) -> tuple[bytes, ...]:
        return words(self.fields.get(b"content-language", b""))

    @property
    def location(self) -> bytes | None:
        return self.fields.get(b"content-location")

    @property
    def md5(self) -> bytes | None:
        return self.fields.get(b"content-md5")


def scan(data: bytes) -> Part:
    """The structure of a whole message. Never raises; time and memory are linear in the size of `data`.

    A multipart without a usable boundary or without parts is called text/plain. Parts nested deeper than DEEPEST
    are opaque (application/octet-stream); after MOST_PARTS the rest belongs to the last part.
    """
    return _Scan(data).run()


def part_at(root: Part, path: tuple[int, ...]) -> Part | None:
    """The part that FETCH calls 1.2.3 (RFC 3501 §6.4.5); None when there is none. The empty path is the message;
    part 1 of a message that is not multipart is the message's own body."""
    part: Part | None = root
    is_message = True
    for number in path:
        if part is None or number < 1:
            return None
        if not is_message and part.message is not None:
            part, is_message = part.message, True
        if part.is_multipart:
            part = part.children[number - 1] if number <= len(part.children) else None
        elif not is_message or number != 1:
            return None
        is_message = False
    return part


class _Scan:
    """One pass over the data. `_chain` leads from the message to the part that is open; `_open` has, by boundary,
    the places in the chain of the multiparts it belongs to, the innermost last."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._chain: list[Part] = []
        self._boundaries: list[bytes | None] = []
        self._open: dict[bytes, list[int]] = {}
        self._parts: list[Part] = []
        self._too_deep: set[Part] = set()

    def run(self) -> Part:
        data, end = self._data, len(self._data)
        position = self._begin(0)
        for _ in range(MOST_DASHED_LINES):
            at = data.find(b"\n--", max(position - 1, 0)) if self._open else -1
            if at < 0 or len(self._parts) >= MOST_PARTS:
                break
            line_end = data.find(b"\n", at + 1)
            position = end if line_end < 0 else line_end + 1
            found = self._delimiter(at + 1, position)
            if found is not None:
                depth, closes = found
                self._close(depth, at - 1 if data[at - 1] == 13 else at)
                if closes:
                    self._forget_boundary(depth)
                else:
                    position = self._begin(position)
        self._close(-1, end)
        self._settle()
        return self._parts[0]

    def _delimiter(self, start: int, end: int) -> tuple[int, bool] | None:
        """Which multipart in the chain the line delimits, and whether it is the last delimiter. White space after
        the boundary is allowed for (RFC 2046 §5.1.1), and also before the final dashes."""
        if end - start > LONGEST_BOUNDARY_LINE:
            return None
        text = self._data[start + 2 : end].rstrip()
        depths = self._open.get(text)
        if depths:
            return depths[-1], False
        if text.endswith(b"--"):
            depths = self._open.get(text[:-2].rstrip())
            if depths:
                return depths[-1], True
        return None

    def _delimits(self, start: int) -> bool:
        line_end = self._data.find(b"\n", start)
        return self._delimiter(start, len(self._data) if line_end < 0 else line_end + 1) is not None

    def _begin(self, start: int) -> int:
        """Open the part whose header is at `start` and every message that begins right inside; where to go on."""
        while True:
            parent = self._chain[-1] if self._chain else None
            part = self._read_header(start, parent)
            if parent is not None:
                parent.children.append(part)
            self._parts.append(part)
            self._chain.append(part)
            self._boundaries.append(self._announce(part))
            is_message = (part.main_type, part.subtype) == MESSAGE[:2] and part.encoding in NOT_ENCODED
            if not is_message or len(self._chain) > DEEPEST:
                return part.body_start
            start = part.body_start

    def _read_header(self, start: int, parent: Part | None) -> Part:
        fields, header_end, body_start = read_fields(self._data, start, self._delimits if self._open else None)
        in_digest = parent is not None and (parent.main_type, parent.subtype) == (b"MULTIPART", b"DIGEST")
        kind = MESSAGE if in_digest else TEXT_PLAIN  # RFC 2046 §5.1.5
        if b"content-type" in fields:
            kind = content_type(fields[b"content-type"]) or TEXT_PLAIN
        encoding = b"7BIT"
        if b"content-transfer-encoding" in fields:
            encoding = first_word(fields[b"content-transfer-encoding"]).upper() or encoding
        return Part(start, header_end, body_start, body_start, *kind, fields, encoding)

    def _announce(self, part: Part) -> bytes | None:
        """The boundary to look for, when the part is a multipart that may be opened."""
        if not part.is_multipart:
            return None
        if len(self._chain) > DEEPEST:
            self._too_deep.add(part)
            return None
        boundary = next((value for name, value in part.parameters if name == b"BOUNDARY"), b"").rstrip()
        if not boundary:
            return None
        self._open.setdefault(boundary, []).append(len(self._chain) - 1)
        return boundary

    def _close(self, depth: int, end: int) -> None:
        """End every part in the chain below `depth`."""
        while len(self._chain) > depth + 1:
            self._forget_boundary(len(self._chain) - 1)
            part = self._chain.pop()
            self._boundaries.pop()
            part.body_end = max(part.body_start, end)

    def _forget_boundary(self, depth: int) -> None:
        boundary = self._boundaries[depth]
        if boundary is not None:
            self._boundaries[depth] = None
            depths = self._open[boundary]
            depths.pop()
            if not depths:
                del self._open[boundary]

    def _settle(self) -> None:
        """Rename multiparts that have no parts, and count lines, each octet once however deep it lies."""
        counted = []
        for part in self._parts:
            if part.is_multipart and not part.children:
                kind = OCTET_STREAM if part in self._too_deep else TEXT_PLAIN
                part.main_type, part.subtype, part.parameters = kind
            if part.main_type == b"TEXT" or (part.main_type, part.subtype) == MESSAGE[:2]:
                counted.append(part)
        lines = self._lines_before({offset for p in counted for offset in (p.body_start, p.body_end)})
        for part in counted:
            part.lines = lines[part.body_end] - lines[part.body_start]

    def _lines_before(self, offsets: set[int]) -> dict[int, int]:
        lines, position, count = {}, 0, 0
        for offset in sorted(offsets):
            count += self._data.count(b"\n", position, offset)
            lines[offset] = count
            position = offset
        return lines
