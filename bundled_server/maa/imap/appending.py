"""APPEND: a client puts a message into a mailbox (RFC 3501 §6.3.11, RFC 3502, RFC 4315)."""

import asyncio

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.quota import refuse_beyond_quota
from bundled_server.maa.imap.storing import checked_flags
from bundled_server.maa.imap.teaching import teach_by_append
from bundled_server.mailbox.binary_parts import without_nul
from bundled_server.mailbox.changes import AddMessage
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.store import NoSuchMailbox
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, Syntax
from bundled_server.protocols.imap.sequences import format_set

_PREPARED_IN_PLACE_OCTETS = 65_536


async def _append(context: ImapContext, request: commands.Append) -> Done:
    """All of the messages, or none (RFC 3502)."""
    mailbox = await context.find(request.mailbox, b"TRYCREATE", to_write=True)
    await refuse_beyond_quota(context, sum(len(message.data) for message in request.messages))
    now = context.service.clock.now()
    changes = []
    for message in request.messages:
        content = await _prepared(_acceptable(message.data))
        date = now if message.date is None else message.date
        changes.append(AddMessage(mailbox.mailbox_id, content, checked_flags(message.flags), date))
    try:
        added = await context.service.store.commit(*changes)
    except NoSuchMailbox as gone:
        raise Refusal("there is no such mailbox", b"TRYCREATE") from gone
    if context.selected is not None and context.selected.mailbox.mailbox_id == mailbox.mailbox_id:
        context.selected.is_stale = True
    for change in changes:
        context.record.note("stored", f"message in {mailbox.name}", change.content.message_id)
    await teach_by_append(context, mailbox, changes, added)
    uids = format_set(one.uid for one in added)
    return Done("APPEND completed", b"APPENDUID %d %b" % (added[0].uid_validity, uids))


def _acceptable(message: bytes) -> bytes:
    if not message:
        raise Refusal("an empty message is not kept")
    try:
        return without_nul(message)
    except ValueError as fault:
        raise Refusal(str(fault), b"UNKNOWN-CTE") from fault


async def _prepared(message: bytes) -> Content:
    """Large messages are scanned in a thread, so that nobody waits for them."""
    if len(message) <= _PREPARED_IN_PLACE_OCTETS:
        return prepare(message)
    return await asyncio.to_thread(prepare, message)


FEATURE = Feature(
    verbs=(Verb(Syntax("APPEND", AFTER_LOGIN, arguments.append, holds_message=True), _append),),
    capabilities=(b"MULTIAPPEND",),
)
