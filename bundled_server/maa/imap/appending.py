"""APPEND: a client puts a message into a mailbox (RFC 3501 §6.3.11, RFC 4315)."""

import asyncio

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.storing import checked_flags
from bundled_server.mailbox.changes import AddMessage
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.store import NoSuchMailbox
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax

_PREPARED_IN_PLACE_OCTETS = 65_536


async def _append(context: ImapContext, request: commands.Append) -> Done:
    mailbox = await context.find(request.mailbox, b"TRYCREATE")
    if not request.message:
        raise Refusal("an empty message is not kept")
    flags = checked_flags(request.flags)
    content = await _prepared(request.message)
    date = context.service.clock.now() if request.date is None else request.date
    try:
        (added,) = await context.service.store.commit(AddMessage(mailbox.mailbox_id, content, flags, date))
    except NoSuchMailbox as gone:
        raise Refusal("there is no such mailbox", b"TRYCREATE") from gone
    if context.selected is not None and context.selected.mailbox.mailbox_id == mailbox.mailbox_id:
        context.selected.is_stale = True
    context.record.note("stored", f"message in {mailbox.name}", content.message_id)
    return Done("APPEND completed", b"APPENDUID %d %d" % (added.uid_validity, added.uid))


async def _prepared(message: bytes) -> Content:
    """Large messages are scanned in a thread, so that nobody waits for them."""
    if len(message) <= _PREPARED_IN_PLACE_OCTETS:
        return prepare(message)
    return await asyncio.to_thread(prepare, message)


FEATURE = Feature(
    verbs=(Verb(Syntax("APPEND", AFTER_LOGIN, arguments.append, holds_message=True), _append),),
)
