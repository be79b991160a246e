"""Opening and closing a mailbox: SELECT EXAMINE CHECK CLOSE UNSELECT EXPUNGE (RFC 3501 §6.3.1, §6.4)."""

from contextlib import suppress
from itertools import compress
from typing import cast

from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.objects import mailbox_id_text
from bundled_server.maa.imap.resyncing import changed_since, vanished_since
from bundled_server.maa.imap.selected import CONDSTORE, QRESYNC, SelectedMailbox
from bundled_server.mailbox.changes import ClaimRecent, Expunge
from bundled_server.mailbox.names import SHARED
from bundled_server.mailbox.store import Index, Mailbox, Store, StoreUnavailable
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import AFTER_LOGIN, SELECTED, State, Syntax
from bundled_server.protocols.imap.opening import open_mailbox
from bundled_server.protocols.imap.sequences import format_set

DELETED = "\\Deleted"


async def _select(context: ImapContext, request: commands.OpenMailbox) -> Done:
    await _open(context, request, read_only=False)
    return Done("SELECT completed", b"READ-ONLY" if context.mailbox.read_only else b"READ-WRITE")


async def _examine(context: ImapContext, request: commands.OpenMailbox) -> Done:
    await _open(context, request, read_only=True)
    return Done("EXAMINE completed", b"READ-ONLY")


async def _open(context: ImapContext, request: commands.OpenMailbox, *, read_only: bool) -> None:
    if request.resync is not None and QRESYNC not in context.enabled:
        raise Refusal("ENABLE QRESYNC comes first", status=b"BAD")
    if context.selected is not None:
        context.leave_mailbox()
        context.untagged(b"OK [CLOSED] previous mailbox closed")  # RFC 7162 §3.2.11
    if request.condstore:
        context.enable(CONDSTORE)
    mailbox = await context.find(request.mailbox)
    selected = await _look(context, mailbox, read_only=read_only or mailbox.name.startswith(SHARED))
    context.selected = selected
    context.machine.state = State.SELECTED
    context.record.note("opened", f"mailbox {mailbox.name}, {selected.count} messages")
    _describe(context, selected)
    if request.resync is not None:
        await _resync(context, selected, request.resync)


async def _resync(context: ImapContext, selected: SelectedMailbox, known: commands.Resync) -> None:
    """What the client missed, unless it knew another mailbox of that name (RFC 7162 §3.2.5)."""
    if known.uid_validity != selected.mailbox.uid_validity:
        return
    gone = await vanished_since(selected, known.modseq, known.known_uids)
    if gone:
        context.untagged(b"VANISHED (EARLIER) %b" % format_set(gone))
    spans = [range(selected.count)]
    if known.known_uids is not None:
        spans = selected.ranges(known.known_uids, by_uid=True)
    lines = []
    for span in changed_since(selected, spans, known.modseq):
        for at in span:
            text = selected.flag_text(at) + selected.modseq_text(at)
            lines.append(b"* %d FETCH (UID %d FLAGS %b)\r\n" % (at + 1, selected.known.uids[at], text))
    context.machine.send(b"".join(lines))


async def _look(context: ImapContext, mailbox: Mailbox, *, read_only: bool) -> SelectedMailbox:
    """Take a snapshot that misses no change: watch first, claim \\Recent, then read."""
    store, key = context.service.store, mailbox.mailbox_id
    holder: list[SelectedMailbox] = []

    def changed(_: int) -> None:
        if holder:
            holder[0].is_stale = True
            if context.idle_tag:
                context.link.wake()

    stop_watching = store.watch(key, changed)
    try:
        index = await store.index(key)
        recent = await _recent(store, mailbox, index, read_only=read_only)
        index = await store.index(key)
    except BaseException:
        stop_watching()
        raise
    selected = SelectedMailbox(
        store, mailbox, index, index, read_only, [], stop_watching=stop_watching, enabled=context.enabled
    )
    selected.note_recent(recent)
    came_later = bool(index.uids) and index.uids[-1] >= max(recent.stop, mailbox.recent_from)
    selected.has_unclaimed = came_later and not read_only
    holder.append(selected)
    return selected


async def _recent(store: Store, mailbox: Mailbox, index: Index, *, read_only: bool) -> range:
    """The UIDs that are \\Recent in this session. Nothing is committed where there are none."""
    if not index.uids or index.uids[-1] < mailbox.recent_from:
        return range(0)
    if read_only:
        return range(mailbox.recent_from, index.uids[-1] + 1)
    with suppress(StoreUnavailable):  # a full disk must not keep mail from being read
        (claimed,) = await store.commit(ClaimRecent(mailbox.mailbox_id))
        return cast(range, claimed)
    return range(0)


def _describe(context: ImapContext, selected: SelectedMailbox) -> None:
    index, mailbox = selected.known, selected.mailbox
    uid_next = max(mailbox.uid_next, index.uids[-1] + 1 if index.uids else 1)
    context.machine.send(selected.new_keywords())
    context.untagged(b"%d EXISTS" % selected.count)
    if context.is_rev2:  # RFC 9051 §6.3.2
        context.untagged(b'LIST () "/" %b' % context.name_octets(mailbox.name))
    else:
        context.untagged(b"%d RECENT" % selected.recent_count())
    unseen = None if context.is_rev2 else _first_unseen(index)
    if unseen is not None:
        context.untagged(b"OK [UNSEEN %d] first unseen message" % (unseen + 1))
    context.untagged(b"OK [UIDVALIDITY %d] UIDs are valid" % mailbox.uid_validity)
    context.untagged(b"OK [MAILBOXID (%b)] mailbox id" % mailbox_id_text(mailbox.mailbox_id))
    context.untagged(b"OK [UIDNEXT %d] next UID" % uid_next)
    context.untagged(b"OK [HIGHESTMODSEQ %d] highest" % selected.highest_modseq)


def _first_unseen(index: Index) -> int | None:
    first = index.flags.mask(lambda flags: "\\Seen" not in flags).find(1)
    return None if first < 0 else first


async def _check(context: ImapContext, _: commands.Nothing) -> Done:
    return Done("CHECK completed")


async def _close(context: ImapContext, _: commands.Nothing) -> Done:
    if not context.mailbox.read_only:
        await _expunge_deleted(context, None)
    context.leave_mailbox()
    return Done("CLOSE completed")


async def _unselect(context: ImapContext, _: commands.Nothing) -> Done:
    context.leave_mailbox()
    return Done("UNSELECT completed")


async def _expunge(context: ImapContext, _: commands.Nothing) -> Done:
    return Done("EXPUNGE completed", _highest(context, await _expunge_deleted(context, None)))


async def _expunge_uids(context: ImapContext, request: commands.ExpungeUids) -> Done:
    return Done("UID EXPUNGE completed", _highest(context, await _expunge_deleted(context, request)))


def _highest(context: ImapContext, removed: bool) -> bytes:
    """RFC 7162 §3.2.10: where the mailbox stands after messages were removed; the report tells them."""
    selected = context.mailbox
    if not removed or not selected.tells_modseqs:
        return b""
    return b"HIGHESTMODSEQ %d" % max(selected.current.highest_modseq, 1)


async def _expunge_deleted(context: ImapContext, request: commands.ExpungeUids | None) -> bool:
    """Remove what is \\Deleted, of the named UIDs or of all; whether there was any. The untagged EXPUNGEs come
    with the report."""
    selected = context.writable
    await selected.refresh()
    index = selected.current
    deleted = index.flags.mask(lambda flags: DELETED in flags)
    spans = [range(len(index.uids))] if request is None else selected.ranges_now(request.uids)
    uids = tuple(
        uid for span in spans for uid in compress(index.uids[span.start : span.stop], deleted[span.start :])
    )
    if uids:
        await selected.commit(Expunge(selected.mailbox.mailbox_id, uids))
        await selected.refresh()
    return bool(uids)


FEATURE = Feature(
    verbs=(
        Verb(Syntax("SELECT", AFTER_LOGIN, open_mailbox), _select),
        Verb(Syntax("EXAMINE", AFTER_LOGIN, open_mailbox), _examine),
        Verb(Syntax("CHECK", SELECTED, arguments.nothing), _check),
        Verb(Syntax("CLOSE", SELECTED, arguments.nothing), _close),
        Verb(Syntax("UNSELECT", SELECTED, arguments.nothing), _unselect),
        Verb(Syntax("EXPUNGE", SELECTED, arguments.nothing), _expunge),
        Verb(Syntax("UID EXPUNGE", SELECTED, arguments.expunge_uids), _expunge_uids),
    ),
    capabilities=(b"UNSELECT", b"UIDPLUS"),
)
