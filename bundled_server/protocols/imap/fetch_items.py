"""FETCH's data items: the objects and their parser (RFC 3501 §6.4.5)."""

from dataclasses import dataclass, replace
from enum import Enum

from bundled_server.protocols.imap.cursor import Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.responses import astring


class Item(Enum):
    """Items that are one word."""

    FLAGS = b"FLAGS"
    UID = b"UID"
    INTERNALDATE = b"INTERNALDATE"
    SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    MODSEQ = b"MODSEQ"
    SAVEDATE = b"SAVEDATE"
    EMAILID = b"EMAILID"
    THREADID = b"THREADID"


class Part(Enum):
    """What of a message or part a section asks for; WHOLE is no word at all. The last three are items of their
    own: the part without its transfer encoding, the size of that (RFC 3516), and a text to show in a list
    (RFC 8970)."""

    WHOLE = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"
    BINARY = b"BINARY"
    BINARY_SIZE = b"BINARY.SIZE"
    PREVIEW = b"PREVIEW"


@dataclass(frozen=True, slots=True)
class Section:
    """`BODY[…]`, `BODY.PEEK[…]`, the RFC822 family, and what else needs the message itself. `label` is what the
    response calls it; `partial` is (first octet, count)."""

    label: bytes
    path: tuple[int, ...]
    part: Part
    fields: tuple[bytes, ...] = ()
    peek: bool = False
    partial: tuple[int, int] | None = None


FetchItem = Item | Section

_ITEMS: dict[bytes, FetchItem] = {
    **{item.value: item for item in Item},
    b"RFC822": Section(b"RFC822", (), Part.WHOLE),
    b"RFC822.HEADER": Section(b"RFC822.HEADER", (), Part.HEADER, peek=True),
    b"RFC822.TEXT": Section(b"RFC822.TEXT", (), Part.TEXT),
}
_OTHER_ITEMS = frozenset((Part.BINARY, Part.BINARY_SIZE, Part.PREVIEW))
_FAST = (Item.FLAGS, Item.INTERNALDATE, Item.SIZE)
_MACROS: dict[bytes, tuple[FetchItem, ...]] = {
    b"FAST": _FAST,
    b"ALL": (*_FAST, Item.ENVELOPE),
    b"FULL": (*_FAST, Item.ENVELOPE, Item.BODY),
}
_PARTS = {part.value: part for part in Part if part.value and part not in _OTHER_ITEMS}
_LONGEST_PATH = 64
_MOST_SECTIONS = 200
_MOST_FIELDS = 500


def read_items(cursor: Cursor) -> tuple[FetchItem, ...]:
    """A macro, one item or a list of items; each item once."""
    if cursor.sees(b"("):
        items = cursor.parenthesised(lambda: _read_item(cursor, cursor.word()), empty=False)
        if sum(isinstance(item, Section) for item in items) > _MOST_SECTIONS:
            raise BadCommand("too many sections in one FETCH")
        return tuple(dict.fromkeys(items))
    word = cursor.word()
    return _MACROS.get(word) or (_read_item(cursor, word),)


def _read_item(cursor: Cursor, word: bytes) -> FetchItem:
    if word in (b"BODY", b"BODY.PEEK") and cursor.accept(b"["):
        return _read_section(cursor, peek=word == b"BODY.PEEK")
    if word in (b"BINARY", b"BINARY.PEEK", b"BINARY.SIZE") and cursor.accept(b"["):
        return _read_binary(cursor, word)
    if word == b"PREVIEW":
        if cursor.sees_word(b" (LAZY)"):
            cursor.space()
            cursor.parenthesised(cursor.keyword)
        return Section(word, (), Part.PREVIEW, peek=True)
    item = _ITEMS.get(word)
    if item is None:
        raise BadCommand("unknown FETCH item " + word.decode("ascii"))
    return item


def _read_section(cursor: Cursor, *, peek: bool) -> Section:
    path, part = _read_path(cursor)
    fields: tuple[bytes, ...] = ()
    if part in (Part.FIELDS, Part.FIELDS_NOT):
        cursor.space()
        fields = tuple(cursor.parenthesised(cursor.astring, empty=False))
        if len(fields) > _MOST_FIELDS:
            raise BadCommand("too many header fields")
    cursor.expect(b"]")
    return _read_partial(cursor, Section(_label(path, part, fields), path, part, fields, peek))


def _read_binary(cursor: Cursor, word: bytes) -> Section:
    path, part = _read_path(cursor)
    if part is not Part.WHOLE:
        raise BadCommand("BINARY takes the number of a part")
    cursor.expect(b"]")
    is_size = word == b"BINARY.SIZE"
    label = b"%b[%b]" % (b"BINARY.SIZE" if is_size else b"BINARY", b".".join(b"%d" % number for number in path))
    if is_size:
        return Section(label, path, Part.BINARY_SIZE, peek=True)
    return _read_partial(cursor, Section(label, path, Part.BINARY, peek=word == b"BINARY.PEEK"))


def _read_partial(cursor: Cursor, section: Section) -> Section:
    if not cursor.accept(b"<"):
        return section
    first = cursor.number()
    cursor.expect(b".")
    partial = (first, cursor.nonzero())
    cursor.expect(b">")
    return replace(section, label=b"%b<%d>" % (section.label, first), partial=partial)


def _read_path(cursor: Cursor) -> tuple[tuple[int, ...], Part]:
    """`1.2.HEADER` → (1, 2), HEADER."""
    if cursor.sees(b"]"):
        return (), Part.WHOLE
    words = cursor.word().split(b".")
    count = 0
    while count < len(words) and words[count].isdigit():
        count += 1
    name = b".".join(words[count:])
    part = _PARTS.get(name) if name else Part.WHOLE
    if part is None or count > _LONGEST_PATH or (part is Part.MIME and not count):
        raise BadCommand("unknown section")
    path = tuple(int(word[:10]) for word in words[:count])
    if 0 in path:
        raise BadCommand("parts are counted from 1")
    return path, part


def _label(path: tuple[int, ...], part: Part, fields: tuple[bytes, ...]) -> bytes:
    words = [b"%d" % number for number in path]
    if part.value:
        words.append(part.value)
    names = b" (%b)" % b" ".join(astring(field) for field in fields) if fields else b""
    return b"BODY[%b%b]" % (b".".join(words), names)
