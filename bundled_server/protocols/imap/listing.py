"""The arguments of LIST in its long form (RFC 5258 §6, RFC 5819, RFC 6154 §6), and STATUS items."""

from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.cursor import Cursor
from bundled_server.protocols.imap.errors import BadCommand

STATUS_ITEMS = frozenset(
    b"MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE DELETED APPENDLIMIT MAILBOXID"
    b" DELETED-STORAGE".split()
)
SELECTION = frozenset((b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"))
RETURNS = frozenset((b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE"))
_MOST_PATTERNS = 50


def read_status_items(cursor: Cursor) -> tuple[bytes, ...]:
    """`(MESSAGES UIDNEXT …)`"""
    items = tuple(dict.fromkeys(cursor.parenthesised(cursor.keyword, empty=False)))
    for item in items:
        if item not in STATUS_ITEMS:
            raise BadCommand("unknown STATUS item " + item.decode("ascii"))
    return items


def list_chosen(cursor: Cursor) -> commands.ListChosen:
    cursor.space()
    selection: frozenset[bytes] = frozenset()
    is_extended = cursor.sees(b"(")
    if is_extended:
        selection = _selection(cursor)
        cursor.space()
    reference = cursor.astring()
    cursor.space()
    if cursor.sees(b"("):
        is_extended = True
        patterns = tuple(cursor.parenthesised(cursor.list_mailbox, empty=False))
        if len(patterns) > _MOST_PATTERNS:
            raise BadCommand("too many patterns")
    else:
        patterns = (cursor.list_mailbox(),)
    returns: frozenset[bytes] = frozenset()
    status: tuple[bytes, ...] = ()
    if cursor.accept(b" ") and not cursor.at_end:
        is_extended = True
        returns, status = _returns(cursor)
    cursor.end()
    return commands.ListChosen(reference, patterns, selection, returns, status, is_extended)


def _selection(cursor: Cursor) -> frozenset[bytes]:
    options = frozenset(cursor.parenthesised(cursor.keyword))
    if not options <= SELECTION:
        raise BadCommand("unknown selection option")
    if b"RECURSIVEMATCH" in options and not options & {b"SUBSCRIBED", b"SPECIAL-USE"}:
        raise BadCommand("RECURSIVEMATCH needs something to match")  # RFC 5258 §3.1
    return options


def _returns(cursor: Cursor) -> tuple[frozenset[bytes], tuple[bytes, ...]]:
    if cursor.keyword() != b"RETURN":
        raise BadCommand("RETURN is expected")
    cursor.space()
    status: tuple[bytes, ...] = ()

    def option() -> bytes:
        nonlocal status
        word = cursor.keyword()
        if word == b"STATUS":
            cursor.space()
            status = read_status_items(cursor)
        elif word not in RETURNS:
            raise BadCommand("unknown return option")
        return word

    return frozenset(cursor.parenthesised(option)), status
