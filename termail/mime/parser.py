"""The iterative MIME scanner: one pass over the lines that look like boundaries, a stack of open parts."""

import re
from typing import Final

from termail.mime import limits
from termail.mime.headers import first_value, header_end, scan_fields
from termail.mime.parameters import split_parameters
from termail.mime.part import Part
from termail.mime.transfer import IDENTITY, UUENCODED
from termail.mime.words import decode_words

_LONGEST_BOUNDARY_LINE: Final = 1_000
_FIRST_DASHES: Final = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")
_UU_END: Final = re.compile(rb"^(?:end|====)[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_MBOX_LINE: Final = b"From "


class _Delimiter:
    """A boundary line: where it starts and ends, whose it is (place in the stack), whether it is the last."""

    __slots__ = ("end", "is_closing", "owner", "start")

    def __init__(self, start: int, end: int, owner: int, is_closing: bool) -> None:
        self.start, self.end, self.owner, self.is_closing = start, end, owner, is_closing


class Parser:
    """One message on its way to a tree of Parts (RFC 2046 §5.1, read leniently)."""

    def __init__(self, raw: bytes) -> None:
        if b"\n" not in raw and b"\r" in raw:
            raw = raw.replace(b"\r", b"\n")  # an old Macintosh's line ends
        self._raw = raw
        self._open: list[Part] = []
        self._owners: dict[bytes, int] = {}  # boundary → place in the stack
        self._boundaries: dict[int, bytes] = {}
        self._count = 0
        self._lines_left = limits.BOUNDARY_LINES

    def parse(self) -> Part:
        """The root. Whatever is still open at the end of the octets ends there."""
        start = self._raw.find(b"\n") + 1 if self._raw.startswith(_MBOX_LINE) else 0
        root = self._open_part(start, number="", default_type="text/plain")
        position = self._open[-1].start
        while self._owners:
            delimiter = self._next_delimiter(position)
            if delimiter is None:
                break
            self._close_above(delimiter.owner, self._before_line_end(delimiter.start))
            position = delimiter.end
            if delimiter.is_closing:
                self._forget_boundary(delimiter.owner)
            elif self._count >= limits.PART_COUNT:
                root.problem = f"more than {limits.PART_COUNT} parts: the rest is not shown"
                break
            else:
                parent = self._open[delimiter.owner]
                default = "message/rfc822" if parent.content_type == "multipart/digest" else "text/plain"
                self._open_part(delimiter.end, number=self._child_number(parent), default_type=default)
                position = max(position, self._open[-1].start - 1)
        self._close_above(-1, len(self._raw))
        return root

    @staticmethod
    def _child_number(parent: Part) -> str:
        index = len(parent.children) + 1
        return f"{parent.number}.{index}" if parent.number else str(index)

    def _open_part(self, start: int, *, number: str, default_type: str) -> Part:
        """Read headers at `start`, push the part, and the messages directly inside it."""
        first = part = self._read_headers(start, number, default_type)
        self._push(part)
        while self._holds_message(part):
            inner = self._read_headers(part.start, part.number, "text/plain")
            if not inner.is_multipart:
                inner.number = f"{part.number or '1'}.1"
            self._push(inner)
            part = inner
        if not first.number and not first.is_multipart:
            first.number = "1"
        return first

    def _holds_message(self, part: Part) -> bool:
        return (
            part.content_type in ("message/rfc822", "message/global")
            and part.encoding in IDENTITY
            and len(self._open) < limits.PART_DEPTH
            and self._count < limits.PART_COUNT
        )

    def _push(self, part: Part) -> None:
        if self._open:
            self._open[-1].children.append(part)
        place = len(self._open)
        self._open.append(part)
        self._count += 1
        if not part.is_multipart:
            return
        boundary = self._boundary_of(part)
        if place >= limits.PART_DEPTH:
            part.problem = f"more than {limits.PART_DEPTH} levels of parts: shown as it is"
        elif not boundary:
            part.problem = "a multipart without a boundary: shown as text"
        else:
            self._owners[boundary] = place
            self._boundaries[place] = boundary

    def _boundary_of(self, part: Part) -> bytes:
        declared = part.parameters.get("boundary", "").rstrip()
        if declared:
            return declared.encode("utf-8", "replace")
        guess = _FIRST_DASHES.match(self._raw, part.start, part.start + 4096)
        return guess[1] if guess else b""

    def _close_above(self, owner: int, end: int) -> None:
        while len(self._open) > owner + 1:
            part = self._open.pop()
            part.end = max(part.start, end)
            self._forget_boundary(len(self._open))
            if part.is_multipart and not part.children:
                self._show_as_text(part)
            elif part.content_type == "text/plain" and part.encoding in IDENTITY:
                _find_uuencoded(part)

    def _forget_boundary(self, place: int) -> None:
        boundary = self._boundaries.pop(place, None)
        if boundary is not None and self._owners.get(boundary) == place:
            del self._owners[boundary]
            for outer, same in self._boundaries.items():  # a boundary used twice belongs to the outer one again
                if same == boundary:
                    self._owners[boundary] = outer

    def _show_as_text(self, part: Part) -> None:
        """A multipart in which no part was found: its body is one text."""
        part.problem = part.problem or "no part found in this multipart: shown as text"
        part.children.append(_plain_part(self._raw, part.start, part.end, self._child_number(part)))

    def _next_delimiter(self, position: int) -> _Delimiter | None:
        """The next line that is a boundary of an open multipart, at or after the line `position` stands in."""
        raw, owners = self._raw, self._owners
        start = position if raw.startswith(b"--", position) and self._at_line_start(position) else -1
        while self._lines_left:
            if start < 0:
                start = raw.find(b"\n--", max(position - 1, 0)) + 1
                if start == 0:
                    return None
            self._lines_left -= 1
            line_end = raw.find(b"\n", start)
            after = len(raw) if line_end < 0 else line_end + 1
            if after - start <= _LONGEST_BOUNDARY_LINE:
                line = raw[start + 2 : after].rstrip()
                owner = owners.get(line)
                if owner is not None:
                    return _Delimiter(start, after, owner, False)
                if line.endswith(b"--"):
                    owner = owners.get(line[:-2].rstrip())
                    if owner is not None:
                        return _Delimiter(start, after, owner, True)
            position, start = after, -1
        return None

    def _at_line_start(self, position: int) -> bool:
        return position == 0 or self._raw[position - 1] == 0x0A

    def _before_line_end(self, position: int) -> int:
        """The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1)."""
        if position and self._raw[position - 1] == 0x0A:
            position -= 1
            if position and self._raw[position - 1] == 0x0D:
                position -= 1
        return position

    def _read_headers(self, start: int, number: str, default_type: str) -> Part:
        raw = self._raw
        block_end, body = header_end(raw, start)
        whole = raw[start:block_end]
        block = self._until_delimiter(whole)
        if len(block) < len(whole):
            body = start + len(block)
        fields, stopped = scan_fields(block)
        if stopped < len(block) and block[stopped:].strip():
            body = start + stopped  # the empty line is missing
        return describe(raw, fields, body, len(raw), number, default_type)

    def _until_delimiter(self, block: bytes) -> bytes:
        """`block` up to a boundary line of an open multipart, should one stand inside it."""
        position = 0 if block.startswith(b"--") else block.find(b"\n--") + 1
        while position or block.startswith(b"--"):
            line = block[position + 2 : position + _LONGEST_BOUNDARY_LINE].partition(b"\n")[0].rstrip()
            if line in self._owners or line.removesuffix(b"--").rstrip() in self._owners:
                return block[:position]
            position = block.find(b"\n--", position) + 1
            if not position:
                break
        return block


def describe(
    raw: bytes, fields: list[tuple[str, bytes]], start: int, end: int, number: str, default_type: str
) -> Part:
    """A Part from its header fields."""
    content_type, parameters = split_parameters(first_value(fields, "content-type"))
    if content_type.count("/") != 1:
        content_type = "text/plain" if content_type else default_type  # RFC 2045 §5.2
    disposition, disposition_parameters = split_parameters(first_value(fields, "content-disposition"))
    encoding = first_value(fields, "content-transfer-encoding").partition(b";")[0].strip().strip(b"\"'").lower()
    name = disposition_parameters.get("filename") or parameters.get("name") or ""
    return Part(
        number=number,
        headers=fields,
        content_type=content_type,
        charset=parameters.get("charset", "")[:64],
        filename=name,
        disposition=disposition,
        content_id=decode_words(first_value(fields, "content-id")).strip().strip("<>"),
        encoding=encoding.decode("ascii", "replace")[:64],
        parameters=parameters,
        source=raw,
        start=min(start, end),
        end=end,
        children=[],
    )


def _plain_part(raw: bytes, start: int, end: int, number: str) -> Part:
    return describe(raw, [], start, end, number, "text/plain")


def _find_uuencoded(part: Part) -> None:
    """Files somebody's program pasted uuencoded into the text become children of the text."""
    position = part.start
    if part.source.find(b"begin", part.start, part.end) < 0:
        return
    while len(part.children) < limits.UUENCODED_BLOCKS:
        begin = UUENCODED.search(part.source, position, part.end)
        if begin is None:
            return
        position = begin.end()
        first = part.source[position : position + 1]
        end = _UU_END.search(part.source, position, part.end)
        if end is None:
            return
        if not (b" " <= first <= b"M" or begin[0].startswith(b"begin-base64")):
            continue
        number = f"{part.number}#{len(part.children) + 1}"
        child = _plain_part(part.source, begin.start(), end.end(), number)
        child.content_type, child.encoding, child.disposition = (
            "application/octet-stream",
            "x-uuencode",
            "attachment",
        )
        child.filename = begin[1].strip().decode("utf-8", "replace")
        part.children.append(child)
        position = end.end()
