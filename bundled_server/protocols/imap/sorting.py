"""The arguments of SORT and THREAD (RFC 5256 §5, RFC 5957, RFC 5267)."""

from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.cursor import Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.search_criteria import SearchKey
from bundled_server.protocols.imap.search_keys import read_charset, read_keys, read_returns

CRITERIA = frozenset(b"ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO".split())
ALGORITHMS = frozenset((b"ORDEREDSUBJECT", b"REFERENCES"))
_MOST_CRITERIA = 20


def sort(cursor: Cursor) -> commands.Sort:
    cursor.space()
    returns = read_returns(cursor)
    criteria = tuple(cursor.parenthesised(lambda: _criterion(cursor), empty=False))
    if len(criteria) > _MOST_CRITERIA:
        raise BadCommand("too many criteria")
    return commands.Sort(criteria, _keys(cursor), returns)


def thread(cursor: Cursor) -> commands.Thread:
    cursor.space()
    algorithm = cursor.keyword()
    if algorithm not in ALGORITHMS:
        raise BadCommand("unknown threading algorithm")
    return commands.Thread(algorithm, _keys(cursor))


def _criterion(cursor: Cursor) -> commands.SortKey:
    word = cursor.keyword()
    is_reversed = word == b"REVERSE"
    if is_reversed:
        cursor.space()
        word = cursor.keyword()
    if word not in CRITERIA:
        raise BadCommand("unknown sort criterion")
    return commands.SortKey(word, is_reversed)


def _keys(cursor: Cursor) -> SearchKey:
    cursor.space()
    charset = read_charset(cursor)
    cursor.space()
    return read_keys(cursor, charset)
