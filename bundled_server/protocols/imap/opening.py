"""The arguments of SELECT and EXAMINE: a mailbox and its parameters (RFC 4466 §2.1, RFC 7162 §3.2.5)."""

from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.cursor import Cursor
from bundled_server.protocols.imap.errors import BadCommand
from bundled_server.protocols.imap.sequences import STAR, SequenceSet


def open_mailbox(cursor: Cursor) -> commands.OpenMailbox:
    cursor.space()
    name = cursor.astring()
    condstore = False
    resync: commands.Resync | None = None
    if cursor.accept(b" ("):
        while not cursor.accept(b")"):
            match cursor.keyword():
                case b"CONDSTORE":
                    condstore = True
                case b"QRESYNC" if resync is None:
                    resync = _resync(cursor)
                case _:
                    raise BadCommand("unknown parameter")
            cursor.accept(b" ")
    cursor.end()
    return commands.OpenMailbox(name, condstore, resync)


def _resync(cursor: Cursor) -> commands.Resync:
    """`(uidvalidity modseq [known-uids] [(sequence-set uid-set)])`; the last is a hint that a server which
    remembers every expunge has no use for."""
    cursor.space()
    cursor.expect(b"(")
    uid_validity = cursor.nonzero()
    cursor.space()
    modseq = cursor.number64()
    if modseq == 0:
        raise BadCommand("zero is no mod-sequence here")
    known_uids: SequenceSet | None = None
    if cursor.accept(b" ") and not cursor.sees(b"("):
        known_uids = _plain_set(cursor)
        cursor.accept(b" ")
    if cursor.accept(b"("):
        _plain_set(cursor)
        cursor.space()
        _plain_set(cursor)
        cursor.expect(b")")
    cursor.expect(b")")
    return commands.Resync(uid_validity, modseq, known_uids)


def _plain_set(cursor: Cursor) -> SequenceSet:
    """Numbers only: "*" and "$" mean nothing before the mailbox is open."""
    found = cursor.sequence_set()
    if found.is_saved or any(STAR in pair for pair in found.ranges):
        raise BadCommand("only numbers can be known")
    return found
