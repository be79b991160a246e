"""Cutting sections out of a message by the offsets of its MIME structure (RFC 3501 §6.4.5)."""

from collections.abc import Callable
from functools import cached_property

from bundled_server.maa.imap.header_fields import cut, field_chooser
from bundled_server.maa.imap.preview import preview
from bundled_server.mailbox.decoded import ENCODINGS, transfer_decoded
from bundled_server.mailbox.structure import Part as MimePart
from bundled_server.mailbox.structure import part_at, scan
from bundled_server.protocols.imap.fetch_items import Part, Section


class OpenedMessage:
    """A message at hand; its structure is found when a section first asks for it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def root(self) -> MimePart:
        return scan(self.data)


class UnknownEncoding(Exception):
    """A part has a transfer encoding that nobody can undo (RFC 3516 §4.3)."""


SectionReader = Callable[[OpenedMessage], bytes | None]


def needs_structure(section: Section) -> bool:
    return bool(section.path) or section.part is not Part.WHOLE


def section_reader(section: Section) -> SectionReader:
    """From a message to the octets of the section; None (NIL) for a part that is not there."""
    if section.part is Part.PREVIEW:
        return lambda message: preview(message.data, message.root).encode("utf-8")
    if section.part in (Part.BINARY, Part.BINARY_SIZE):
        return lambda message: _decoded(message, section)
    if not needs_structure(section):
        return lambda message: cut(message.data, section.partial)
    locate = _LOCATE[section.part]
    choose = field_chooser(section)

    def read(message: OpenedMessage) -> bytes | None:
        part = part_at(message.root, section.path)
        place = locate(part, bool(section.path)) if part is not None else None
        if place is None:
            return None
        if section.part in (Part.FIELDS, Part.FIELDS_NOT):
            return cut(choose(message.data[place[0] : place[1]]), section.partial)
        return _slice(message.data, place, section.partial)

    return read


def _decoded(message: OpenedMessage, section: Section) -> bytes | None:
    """A part without its transfer encoding; the message itself, and parts that hold parts, as they stand."""
    if not section.path:
        return cut(message.data, section.partial)
    part = part_at(message.root, section.path)
    if part is None:
        return None
    if part.encoding not in ENCODINGS:
        raise UnknownEncoding(part.encoding.decode("latin-1"))
    octets = message.data[part.body_start : part.body_end]
    return cut(octets if part.children else transfer_decoded(octets, part.encoding), section.partial)


def _slice(data: bytes, place: tuple[int, int], partial: tuple[int, int] | None) -> bytes:
    """Only what was asked for is copied: clients read large parts in many small pieces."""
    start, end = place
    if partial is not None:
        start = min(start + partial[0], end)
        end = min(start + partial[1], end)
    return data[start:end]


Place = tuple[int, int]


def _body(part: MimePart, _: bool) -> Place | None:
    return part.body_start, part.body_end


def _mime_header(part: MimePart, _: bool) -> Place | None:
    return part.header_start, part.body_start


def _header(part: MimePart, is_inner: bool) -> Place | None:
    """The header of the message, or of the message that a message/rfc822 part holds."""
    message = part.message if is_inner else part
    return (message.header_start, message.body_start) if message is not None else None


def _text(part: MimePart, is_inner: bool) -> Place | None:
    message = part.message if is_inner else part
    return (message.body_start, message.body_end) if message is not None else None


_LOCATE: dict[Part, Callable[[MimePart, bool], Place | None]] = {
    Part.WHOLE: _body,
    Part.MIME: _mime_header,
    Part.HEADER: _header,
    Part.FIELDS: _header,
    Part.FIELDS_NOT: _header,
    Part.TEXT: _text,
}
