"""COPY and MOVE with their UID forms (RFC 3501 §6.4.7, RFC 6851, RFC 4315)."""

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.quota import refuse_beyond_quota
from bundled_server.maa.imap.spans import find_spans
from bundled_server.maa.imap.teaching import teach_by_transfer
from bundled_server.mailbox.changes import Copied, CopyMessages
from bundled_server.mailbox.store import NoSuchMailbox
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.sequences import format_set


async def _copy(context: ImapContext, request: commands.CopyTo) -> Done:
    return Done("COPY completed", await _transfer(context, request, by_uid=False, remove=False))


async def _copy_by_uid(context: ImapContext, request: commands.CopyTo) -> Done:
    return Done("UID COPY completed", await _transfer(context, request, by_uid=True, remove=False))


async def _move(context: ImapContext, request: commands.CopyTo) -> Done:
    return await _moved(context, request, by_uid=False)


async def _move_by_uid(context: ImapContext, request: commands.CopyTo) -> Done:
    return await _moved(context, request, by_uid=True)


async def _moved(context: ImapContext, request: commands.CopyTo, *, by_uid: bool) -> Done:
    """RFC 6851 §4.3: COPYUID comes untagged, before the EXPUNGEs of the report."""
    code = await _transfer(context, request, by_uid=by_uid, remove=True)
    if code:
        context.untagged(b"OK [%b] moved" % code)
    return Done("MOVE completed")


async def _transfer(context: ImapContext, request: commands.CopyTo, *, by_uid: bool, remove: bool) -> bytes:
    """Copy or move; answers the COPYUID code, b"" when no message was there to copy."""
    selected = context.writable if remove else context.mailbox
    spans = find_spans(selected, request.messages, by_uid=by_uid)
    target = await context.find(request.mailbox, b"TRYCREATE", to_write=True)
    uids = tuple(selected.uids_at(spans))
    if not uids:
        return b""
    await selected.refresh()
    if not by_uid and any(map(selected.gone_in, spans)):
        raise Refusal("some of the messages no longer exist", b"EXPUNGEISSUED")
    if not remove:
        sizes = selected.known.sizes
        await refuse_beyond_quota(context, sum(sum(sizes[span.start : span.stop]) for span in spans))
    change = CopyMessages(selected.mailbox.mailbox_id, uids, target.mailbox_id, remove)
    try:
        (copied,) = await selected.commit(change)
    except NoSuchMailbox as gone:
        raise Refusal("there is no such mailbox", b"TRYCREATE") from gone
    teach_by_transfer(context, target, spans)
    return _copy_uid(copied)


def _copy_uid(copied: Copied) -> bytes:
    if not copied.pairs:
        return b""
    sources = format_set(source for source, _ in copied.pairs)
    targets = format_set(target for _, target in copied.pairs)
    return b"COPYUID %d %b %b" % (copied.uid_validity, sources, targets)


FEATURE = Feature(
    verbs=(
        Verb(Syntax("COPY", SELECTED, arguments.copy), _copy),
        Verb(Syntax("UID COPY", SELECTED, arguments.copy), _copy_by_uid),
        Verb(Syntax("MOVE", SELECTED, arguments.copy), _move),
        Verb(Syntax("UID MOVE", SELECTED, arguments.copy), _move_by_uid),
    ),
    capabilities=(b"MOVE",),
)
