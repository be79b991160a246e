"""THREAD and UID THREAD (RFC 5256)."""

import asyncio
import re
from array import array
from collections.abc import Sequence

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Verb
from bundled_server.maa.imap.searching import matching_positions
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.maa.imap.spans import pick
from bundled_server.maa.imap.threads import Message, by_references, by_subject, format_threads
from bundled_server.mailbox.search.thread_keys import NO_KEYS
from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.sorting import thread

_NUMBER = re.compile(rb"\d+")
_BUILD = {b"REFERENCES": by_references, b"ORDEREDSUBJECT": by_subject}


async def _thread(context: ImapContext, request: commands.Thread) -> Done:
    await _answer(context, request, by_uid=False)
    return Done("THREAD completed")


async def _thread_by_uid(context: ImapContext, request: commands.Thread) -> Done:
    await _answer(context, request, by_uid=True)
    return Done("UID THREAD completed")


async def _answer(context: ImapContext, request: commands.Thread, *, by_uid: bool) -> None:
    selected, service = context.mailbox, context.service
    found = await matching_positions(service.store, selected, request.key, service.clock.now())
    if request.algorithm == b"REFERENCES" and len(found) == selected.count and selected.is_aligned:
        text = await _whole_mailbox(context)
    else:
        messages = await _messages(context, found)
        text = await asyncio.to_thread(lambda: format_threads(_BUILD[request.algorithm](messages)))
    if not by_uid:
        text = _numbered(selected, text)
    context.untagged(b"THREAD " + text if text else b"THREAD")


async def _whole_mailbox(context: ImapContext) -> bytes:
    """From what earlier questions left, by UID."""
    selected = context.mailbox
    uids = selected.known.uids
    forest = context.memory.forests.of(selected.mailbox.mailbox_id)
    async with forest.lock:
        missing = frozenset(forest.missing(uids))
        new = await _messages(context, [at for at, uid in enumerate(uids) if uid in missing]) if missing else []
        if not new and len(forest) == len(uids):
            return forest.text(uids, new)
        return await asyncio.to_thread(forest.text, uids, new)


async def _messages(context: ImapContext, positions: Sequence[int]) -> list[Message]:
    """What threading needs of some messages, numbered by UID. Who was sent nobody knows when, counts from arrival
    (RFC 5256 §2.2)."""
    known = context.mailbox.known
    content_ids = pick(known.content_ids, positions)
    keys = await context.service.store.thread_keys(content_ids)
    messages = []
    for uid, content_id, arrived in zip(
        pick(known.uids, positions), content_ids, pick(known.dates, positions), strict=True
    ):
        key = keys.get(content_id, NO_KEYS)
        sent = arrived if key.sent is None else key.sent
        messages.append(Message(uid, sent, key.subject, key.is_reply, key.message_id, key.references))
    return messages


def _numbered(selected: SelectedMailbox, text: bytes) -> bytes:
    """UIDs become sequence numbers, where they are not the same."""
    uids = selected.known.uids
    if uids == array(uids.typecode, range(1, len(uids) + 1)):
        return text
    numbers = {b"%d" % uid: b"%d" % number for number, uid in enumerate(uids, 1)}
    return _NUMBER.sub(lambda match: numbers[match[0]], text)


FEATURE = Feature(
    verbs=(
        Verb(Syntax("THREAD", SELECTED, thread), _thread, expunges=False),
        Verb(Syntax("UID THREAD", SELECTED, thread), _thread_by_uid),
    ),
    capabilities=(b"THREAD=ORDEREDSUBJECT", b"THREAD=REFERENCES"),
)
