"""Parsers of the commands' arguments; each reads up to the end of the command (RFC 3501 §9)."""

from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.cursor import Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.fetch_items import read_items
from bundled_server.protocols.imap.listing import read_status_items
from bundled_server.protocols.imap.search_keys import read_returns, read_search

_NOTHING = commands.Nothing()


def nothing(cursor: Cursor) -> commands.Nothing:
    cursor.end()
    return _NOTHING


def login(cursor: Cursor) -> commands.Login:
    user = _after_space(cursor)
    password = _after_space(cursor)
    cursor.end()
    return commands.Login(user, password)


def authenticate(cursor: Cursor) -> commands.Authenticate:
    cursor.space()
    mechanism = cursor.atom().decode("ascii").upper()
    initial = None
    if not cursor.at_end:
        cursor.space()
        initial = cursor.rest()
    return commands.Authenticate(mechanism, initial or None)


def mailbox(cursor: Cursor) -> commands.MailboxName:
    name = _after_space(cursor)
    cursor.end()
    return commands.MailboxName(name)


def quota_root(cursor: Cursor) -> commands.QuotaRoot:
    root = _after_space(cursor)
    cursor.end()
    return commands.QuotaRoot(root)


def rename(cursor: Cursor) -> commands.Rename:
    source = _after_space(cursor)
    target = _after_space(cursor)
    cursor.end()
    return commands.Rename(source, target)


def list_mailboxes(cursor: Cursor) -> commands.ListMailboxes:
    reference = _after_space(cursor)
    cursor.space()
    pattern = cursor.list_mailbox()
    cursor.end()
    return commands.ListMailboxes(reference, pattern)


def status(cursor: Cursor) -> commands.StatusOf:
    name = _after_space(cursor)
    cursor.space()
    items = read_status_items(cursor)
    cursor.end()
    return commands.StatusOf(name, items)


def append(cursor: Cursor) -> commands.Append:
    name = _after_space(cursor)
    messages: list[commands.NewMessage] = []
    while not cursor.at_end or not messages:
        cursor.space()
        if messages and cursor.at_end:
            break
        messages.append(_new_message(cursor))
        if len(messages) > cursor.bounds.list_items:
            raise BadCommand("too many messages in one APPEND")
    cursor.end()
    return commands.Append(name, tuple(messages))


def _new_message(cursor: Cursor) -> commands.NewMessage:
    flags: frozenset[str] = frozenset()
    date: float | None = None
    if cursor.sees(b"("):
        flags = cursor.flags()
        cursor.space()
    if cursor.sees(b'"'):
        date = cursor.date_time()
        cursor.space()
    if cursor.sees_word(b"UTF8 ("):  # RFC 6855 §4
        cursor.keyword()
        cursor.space()
        cursor.expect(b"(")
        message = cursor.literal()
        cursor.expect(b")")
    else:
        message = cursor.literal()
    return commands.NewMessage(flags, date, message)


def create(cursor: Cursor) -> commands.Create:
    name = _after_space(cursor)
    uses: tuple[bytes, ...] = ()
    if cursor.accept(b" ("):
        if cursor.keyword() != b"USE":
            raise BadCommand("unknown parameter of CREATE")
        cursor.space()
        uses = tuple(cursor.parenthesised(lambda: cursor.flag().encode("ascii")))
        cursor.expect(b")")
    cursor.end()
    return commands.Create(name, uses)


def fetch(cursor: Cursor) -> commands.Fetch:
    cursor.space()
    messages = cursor.sequence_set()
    cursor.space()
    items = read_items(cursor)
    changed_since, vanished = None, False
    if cursor.accept(b" ("):
        changed_since, vanished = _fetch_modifiers(cursor)
    cursor.end()
    return commands.Fetch(messages, items, changed_since, vanished)


def _fetch_modifiers(cursor: Cursor) -> tuple[int, bool]:
    """`CHANGEDSINCE modseq [VANISHED])` in any order (RFC 7162 §3.1.4.1, §3.2.6)."""
    changed_since, vanished = None, False
    while not cursor.accept(b")"):
        word = cursor.keyword()
        if word == b"CHANGEDSINCE" and changed_since is None:
            cursor.space()
            changed_since = cursor.number64()
        elif word == b"VANISHED":
            vanished = True
        else:
            raise BadCommand("unknown FETCH modifier")
        cursor.accept(b" ")
    if changed_since is None:
        raise BadCommand("VANISHED needs CHANGEDSINCE")
    return changed_since, vanished


def store(cursor: Cursor) -> commands.StoreFlags:
    cursor.space()
    messages = cursor.sequence_set()
    cursor.space()
    unchanged_since = None
    if cursor.accept(b"("):
        if cursor.keyword() != b"UNCHANGEDSINCE":
            raise BadCommand("unknown STORE modifier")
        cursor.space()
        unchanged_since = cursor.number64()
        cursor.expect(b")")
        cursor.space()
    mode = b"+" if cursor.accept(b"+") else b"-" if cursor.accept(b"-") else b""
    word = cursor.word()
    if word not in (b"FLAGS", b"FLAGS.SILENT"):
        raise BadCommand("unknown STORE item")
    cursor.space()
    flags = cursor.flags() if cursor.sees(b"(") else _bare_flags(cursor)
    cursor.end()
    return commands.StoreFlags(messages, mode, word == b"FLAGS.SILENT", flags, unchanged_since)


def copy(cursor: Cursor) -> commands.CopyTo:
    cursor.space()
    messages = cursor.sequence_set()
    name = _after_space(cursor)
    cursor.end()
    return commands.CopyTo(messages, name)


def search(cursor: Cursor) -> commands.Search:
    cursor.space()
    returns = read_returns(cursor)
    names_charset = cursor.sees_word(b"CHARSET ")
    return commands.Search(read_search(cursor), returns, names_charset)


def expunge_uids(cursor: Cursor) -> commands.ExpungeUids:
    cursor.space()
    uids = cursor.sequence_set()
    cursor.end()
    return commands.ExpungeUids(uids)


def enable(cursor: Cursor) -> commands.Enable:
    names = []
    while not cursor.at_end:
        cursor.space()
        names.append(cursor.keyword())
    if not names:
        raise BadCommand("ENABLE needs a capability")
    return commands.Enable(tuple(names))


def compress(cursor: Cursor) -> commands.Nothing:
    """DEFLATE is the only algorithm there is (RFC 4978 §3)."""
    cursor.space()
    if cursor.keyword() != b"DEFLATE":
        raise BadCommand("unknown compression algorithm", status=b"NO")
    return nothing(cursor)


def identity(cursor: Cursor) -> commands.ClientIdentity:
    cursor.space()
    if cursor.nil():
        cursor.end()
        return commands.ClientIdentity(())
    words = cursor.parenthesised(cursor.nstring)
    cursor.end()
    if len(words) % 2 or len(words) > 60:  # RFC 2971 §3.3: at most 30 pairs
        raise BadCommand("ID takes pairs of field and value, at most 30")
    pairs = zip(words[::2], words[1::2], strict=True)
    return commands.ClientIdentity(tuple((name or b"", value) for name, value in pairs))


def _after_space(cursor: Cursor) -> bytes:
    cursor.space()
    return cursor.astring()


def _bare_flags(cursor: Cursor) -> frozenset[str]:
    flags = [cursor.flag()]
    while not cursor.at_end:
        cursor.space()
        if not cursor.at_end:
            flags.append(cursor.flag())
    return frozenset(flags)
