"""The parser of SEARCH's keys (RFC 3501 §6.4.4)."""

import codecs
from collections.abc import Callable
from datetime import date

from bundled_server.protocols.imap.cursor import SYSTEM_FLAGS, Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.search_criteria import (
    And,
    BodyHas,
    ChangedFrom,
    EmailId,
    Everything,
    HasFlag,
    HeaderHas,
    InternalDate,
    Larger,
    Not,
    Numbers,
    Older,
    Or,
    Order,
    SaveDate,
    SearchKey,
    SentDate,
    Smaller,
    TextHas,
    ThreadId,
    Uids,
    Younger,
)

CHARSETS = ("US-ASCII", "UTF-8", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252")
_RECENT = HasFlag("\\Recent")
_SEEN = HasFlag("\\Seen")
_LONGEST_TEXT = 4096
_MOST_KEYS = 1000


class KeyReader:
    """Reads search keys in one charset, with bounded depth and count."""

    def __init__(self, cursor: Cursor, charset: str) -> None:
        self.cursor = cursor
        self._charset = charset
        self._depth = 0
        self._count = 0

    def keys(self) -> SearchKey:
        """Keys up to the end of the command or the closing parenthesis."""
        found = [self.key()]
        while not self.cursor.at_end and not self.cursor.sees(b")"):
            self.cursor.space()
            if not self.cursor.at_end:
                found.append(self.key())
        return found[0] if len(found) == 1 else And(tuple(found))

    def key(self) -> SearchKey:
        self._enter()
        try:
            return self._read()
        finally:
            self._depth -= 1

    def next_key(self) -> SearchKey:
        self.cursor.space()
        return self.key()

    def text(self) -> str:
        """A string argument, decoded."""
        self.cursor.space()
        octets = self.cursor.astring()
        if len(octets) > _LONGEST_TEXT:
            raise BadCommand("the search text is too long")
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError as error:
            raise BadCommand("the search text is not in its charset") from error

    def _enter(self) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > self.cursor.bounds.nesting or self._count > _MOST_KEYS:
            raise BadCommand("the search is nested too deeply or too long")

    def _read(self) -> SearchKey:
        cursor = self.cursor
        if cursor.accept(b"("):
            keys = self.keys()
            cursor.expect(b")")
            return keys
        if cursor.sees_sequence_set():
            return Numbers(cursor.sequence_set())
        word = cursor.keyword()
        read = SEARCH_KEYS.get(word)
        if read is None:
            raise BadCommand("unknown search key " + word.decode("ascii"))
        return read(self)


RESULT_OPTIONS = frozenset((b"MIN", b"MAX", b"COUNT", b"ALL", b"SAVE"))


def read_returns(cursor: Cursor) -> frozenset[bytes] | None:
    """`RETURN (options) ` if it comes next; no options mean ALL (RFC 4731 §3.1)."""
    if not cursor.sees_word(b"RETURN "):
        return None
    cursor.keyword()
    cursor.space()
    options = frozenset(cursor.parenthesised(cursor.keyword))
    cursor.space()
    if not options <= RESULT_OPTIONS:
        raise BadCommand("unknown result option")
    return options or frozenset((b"ALL",))


def read_search(cursor: Cursor) -> SearchKey:
    """The arguments of SEARCH: an optional charset, then keys."""
    charset = "utf-8"
    if cursor.sees_word(b"CHARSET"):
        cursor.keyword()
        cursor.space()
        charset = read_charset(cursor)
        cursor.space()
    return read_keys(cursor, charset)


def read_keys(cursor: Cursor, charset: str) -> SearchKey:
    """Keys up to the end of the command."""
    keys = KeyReader(cursor, charset).keys()
    cursor.end()
    return keys


def read_charset(cursor: Cursor) -> str:
    """The name of a charset, as Python calls it."""
    name = cursor.astring()
    if name.upper().decode("latin-1") not in CHARSETS:
        known = " ".join(CHARSETS).encode("ascii")
        raise BadCommand("unknown charset", status=b"NO", code=b"BADCHARSET (%b)" % known)
    return codecs.lookup(name.decode("ascii")).name


def _field(name: str) -> Callable[[KeyReader], SearchKey]:
    return lambda reader: HeaderHas(name, reader.text())


def _header(reader: KeyReader) -> SearchKey:
    reader.cursor.space()
    field = reader.cursor.astring()
    return HeaderHas(field.decode("latin-1").lower(), reader.text())


def _keyword(reader: KeyReader) -> SearchKey:
    reader.cursor.space()
    return HasFlag(reader.cursor.flag())


def _dated(make: Callable[[Order, date], SearchKey], order: Order) -> Callable[[KeyReader], SearchKey]:
    def read(reader: KeyReader) -> SearchKey:
        reader.cursor.space()
        return make(order, reader.cursor.date())

    return read


def _sized(make: Callable[[int], SearchKey]) -> Callable[[KeyReader], SearchKey]:
    def read(reader: KeyReader) -> SearchKey:
        reader.cursor.space()
        return make(reader.cursor.number64())

    return read


def _seconds(make: Callable[[int], SearchKey]) -> Callable[[KeyReader], SearchKey]:
    def read(reader: KeyReader) -> SearchKey:
        reader.cursor.space()
        return make(reader.cursor.nonzero())

    return read


def _uids(reader: KeyReader) -> SearchKey:
    reader.cursor.space()
    return Uids(reader.cursor.sequence_set())


def _changed_from(reader: KeyReader) -> SearchKey:
    """The flag an entry name asks about has no mod-sequence of its own here: the message's stands for it."""
    reader.cursor.space()
    if reader.cursor.sees(b'"'):
        reader.cursor.string()
        reader.cursor.space()
        if reader.cursor.keyword() not in (b"ALL", b"PRIV", b"SHARED"):
            raise BadCommand("unknown type of a metadata entry")
        reader.cursor.space()
    return ChangedFrom(reader.cursor.number64())


def _fixed(key: SearchKey) -> Callable[[KeyReader], SearchKey]:
    return lambda reader: key


def _object_id(reader: KeyReader) -> bytes:
    reader.cursor.space()
    return reader.cursor.astring()


def _flag_keys() -> dict[bytes, Callable[[KeyReader], SearchKey]]:
    """SEEN and UNSEEN, DELETED and UNDELETED …"""
    table: dict[bytes, Callable[[KeyReader], SearchKey]] = {}
    for flag in SYSTEM_FLAGS:
        name = flag[1:].upper().encode("ascii")
        table[name] = _fixed(HasFlag(flag))
        table[b"UN" + name] = _fixed(Not(HasFlag(flag)))
    return table


SEARCH_KEYS: dict[bytes, Callable[[KeyReader], SearchKey]] = {
    **_flag_keys(),
    b"ALL": _fixed(Everything()),
    b"RECENT": _fixed(_RECENT),
    b"OLD": _fixed(Not(_RECENT)),
    b"NEW": _fixed(And((_RECENT, Not(_SEEN)))),
    b"KEYWORD": _keyword,
    b"UNKEYWORD": lambda reader: Not(_keyword(reader)),
    b"BEFORE": _dated(InternalDate, Order.BEFORE),
    b"ON": _dated(InternalDate, Order.ON),
    b"SINCE": _dated(InternalDate, Order.SINCE),
    b"SAVEDBEFORE": _dated(SaveDate, Order.BEFORE),
    b"SAVEDON": _dated(SaveDate, Order.ON),
    b"SAVEDSINCE": _dated(SaveDate, Order.SINCE),
    b"SAVEDATESUPPORTED": _fixed(Everything()),
    b"EMAILID": lambda reader: EmailId(_object_id(reader)),
    b"THREADID": lambda reader: ThreadId(_object_id(reader)),
    b"SENTBEFORE": _dated(SentDate, Order.BEFORE),
    b"SENTON": _dated(SentDate, Order.ON),
    b"SENTSINCE": _dated(SentDate, Order.SINCE),
    b"LARGER": _sized(Larger),
    b"SMALLER": _sized(Smaller),
    b"OLDER": _seconds(Older),
    b"YOUNGER": _seconds(Younger),
    b"UID": _uids,
    b"MODSEQ": _changed_from,
    b"HEADER": _header,
    b"FROM": _field("from"),
    b"TO": _field("to"),
    b"CC": _field("cc"),
    b"BCC": _field("bcc"),
    b"SUBJECT": _field("subject"),
    b"BODY": lambda reader: BodyHas(reader.text()),
    b"TEXT": lambda reader: TextHas(reader.text()),
    b"NOT": lambda reader: Not(reader.next_key()),
    b"OR": lambda reader: Or(reader.next_key(), reader.next_key()),
}
