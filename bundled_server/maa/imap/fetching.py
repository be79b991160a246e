"""FETCH and UID FETCH: batches of messages, from the store to the socket (RFC 3501 §6.4.5)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bundled_server.maa.imap.bodies import load_bodies
from bundled_server.maa.imap.columns import Batch, Needs, Plan, make_plan
from bundled_server.maa.imap.context import Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.objects import thread_id_text
from bundled_server.maa.imap.resyncing import changed_since, vanished_since
from bundled_server.maa.imap.sections import OpenedMessage, UnknownEncoding
from bundled_server.maa.imap.selected import CONDSTORE, QRESYNC
from bundled_server.maa.imap.spans import batches, find_spans, pick
from bundled_server.mailbox.changes import FlagMode, StoreFlags
from bundled_server.mailbox.search.thread_keys import NO_KEYS
from bundled_server.mailbox.store import Store, StoreUnavailable, Summary
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.fetch_items import Item
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.sequences import format_set

SEEN = "\\Seen"
_BATCH_MESSAGES = {
    Needs.INDEX: 2048,
    Needs.THREAD: 8192,
    Needs.SUMMARY: 512,
    Needs.HEADER: 512,
    Needs.BODY: 64,
}
_BATCH_OCTETS = {
    Needs.INDEX: 1 << 62,
    Needs.THREAD: 1 << 62,
    Needs.SUMMARY: 1 << 24,
    Needs.HEADER: 1 << 24,
    Needs.BODY: 1 << 18,
}
_COPIES_OF_LARGEST = 3
_SCANNED_IN_PLACE_OCTETS = 1_048_576


async def _fetch(context: ImapContext, request: commands.Fetch) -> Done:
    await _fetch_all(context, request, by_uid=False)
    return Done("FETCH completed")


async def _fetch_by_uid(context: ImapContext, request: commands.Fetch) -> Done:
    await _fetch_all(context, request, by_uid=True)
    return Done("UID FETCH completed")


async def _fetch_all(context: ImapContext, request: commands.Fetch, *, by_uid: bool) -> None:
    selected = context.mailbox
    await selected.refresh()
    items = request.items
    if request.changed_since is not None:
        items = tuple(dict.fromkeys((*items, Item.MODSEQ)))
    spans = find_spans(selected, request.messages, by_uid=by_uid)
    if Item.MODSEQ in items:
        context.enable(CONDSTORE)
    if request.changed_since is not None:
        spans = changed_since(selected, spans, request.changed_since)
    if request.vanished:
        await _tell_vanished(context, request, by_uid=by_uid)
    plan = make_plan(items, by_uid=by_uid)
    deepest = max(plan.needs)
    octets = _BATCH_OCTETS[deepest] // max(len(plan.sections), 1)
    some_are_gone = False
    for positions in batches(spans, selected.known.sizes, _BATCH_MESSAGES[deepest], octets):
        if deepest is not Needs.INDEX and (gone := set(selected.gone_in(positions))):
            some_are_gone = True
            positions = [position for position in positions if position not in gone]
        if positions:
            await _send_batch(context, plan, positions)
    if some_are_gone and not by_uid:
        raise Refusal("some of the messages no longer exist", b"EXPUNGEISSUED")


async def _tell_vanished(context: ImapContext, request: commands.Fetch, *, by_uid: bool) -> None:
    if not by_uid or QRESYNC not in context.enabled:
        raise Refusal("VANISHED is for UID FETCH, after ENABLE QRESYNC", status=b"BAD")
    gone = await vanished_since(context.mailbox, request.changed_since or 0, request.messages)
    if gone:
        context.untagged(b"VANISHED (EARLIER) %b" % format_set(gone))


async def _send_batch(context: ImapContext, plan: Plan, positions: Sequence[int]) -> None:
    batch = Batch(context.mailbox, positions)
    _refuse_flood(context, plan, batch)
    if plan.marks_seen and not batch.selected.read_only:
        await _mark_seen(batch)
    await _load(context, plan, batch)
    try:
        context.machine.send(batch.selected.new_keywords() + plan.render(batch))
    except UnknownEncoding as fault:
        raise Refusal(f"the transfer encoding {fault} is unknown", b"UNKNOWN-CTE") from fault
    await context.link.flush()
    await asyncio.sleep(0)  # others' turn
    if context.link.connection.is_lost:
        raise ConnectionResetError("the client left during a FETCH")


def _refuse_flood(context: ImapContext, plan: Plan, batch: Batch) -> None:
    """One large message asked for in hundreds of slices would fill the memory."""
    largest = _COPIES_OF_LARGEST * context.service.settings.limits.message_size_octets
    if len(plan.sections) > _COPIES_OF_LARGEST and plan.most_octets(batch) > largest:
        raise Refusal("this asks for too much at once", b"LIMIT")


async def _mark_seen(batch: Batch) -> None:
    """Reading sets \\Seen (RFC 3501 §6.4.5)."""
    selected = batch.selected
    unseen = frozenset(at for at in batch.positions if SEEN not in selected.flags_at(at))
    if not unseen:
        return
    uids = tuple(selected.known.uids[at] for at in sorted(unseen))
    try:
        key = selected.mailbox.mailbox_id
        await selected.commit(StoreFlags(key, uids, FlagMode.ADD, frozenset((SEEN,))))
    except StoreUnavailable:
        return  # a full disk must not keep mail from being read
    await selected.refresh()
    selected.remember_own_changes(uids)
    batch.newly_seen = unseen


async def _summaries(store: Store, content_ids: Sequence[int]) -> dict[int, Summary]:
    return {one.content_id: one async for some in store.summaries(content_ids) for one in some}


async def _headers(store: Store, content_ids: Sequence[int]) -> dict[int, bytes]:
    return dict(zip(content_ids, await store.headers(content_ids), strict=True))


async def _made_of_contents(
    context: ImapContext,
    content_ids: Sequence[int],
    makers: Mapping[bytes, Callable[[Any], bytes]],
    load: Callable[[Store, Sequence[int]], Awaitable[Mapping[int, Any]]],
) -> dict[bytes, list[bytes]]:
    """What each maker makes of some contents; only those are loaded that one of them has not seen."""
    known = {name: context.memory.content_texts.column(name, content_ids) for name in makers}
    unknown = {
        content_id
        for column in known.values()
        if None in column
        for content_id, text in zip(content_ids, column, strict=True)
        if text is None
    }
    loaded = await load(context.service.store, sorted(unknown)) if unknown else {}
    if len(loaded) != len(unknown):
        raise Refusal("some of the messages no longer exist", b"EXPUNGEISSUED")
    made = {}
    for name, make in makers.items():
        fresh = {content_id: make(source) for content_id, source in loaded.items()}
        told = zip(content_ids, known[name], strict=True)
        made[name] = [fresh[content_id] if text is None else text for content_id, text in told]
        context.memory.content_texts.remember(name, fresh)
    return made


async def _load(context: ImapContext, plan: Plan, batch: Batch) -> None:
    store = context.service.store
    content_ids = pick(batch.selected.known.content_ids, batch.positions)
    if Needs.THREAD in plan.needs:
        keys = await store.thread_keys(content_ids)
        batch.thread_ids = [thread_id_text(one, keys.get(one, NO_KEYS)) for one in content_ids]
    for makers, load in ((plan.of_summaries, _summaries), (plan.of_headers, _headers)):
        if makers:
            batch.texts |= await _made_of_contents(context, content_ids, makers, load)
    if Needs.BODY in plan.needs:
        sizes = pick(batch.selected.known.sizes, batch.positions)
        bodies = await load_bodies(store, content_ids, sizes)
        for position, body in zip(batch.positions, bodies, strict=True):
            if body is None:
                raise Refusal("some of the messages no longer exist", b"EXPUNGEISSUED")
            opened = OpenedMessage(body)
            if plan.reads_structure and len(body) > _SCANNED_IN_PLACE_OCTETS:
                await asyncio.to_thread(getattr, opened, "root")
            batch.bodies.append(opened)
            uid = batch.selected.known.uids[position]
            context.record.retrieved(f"UID {uid}", body, is_web_mail=context.is_web_mail)


FEATURE = Feature(
    verbs=(
        Verb(Syntax("FETCH", SELECTED, arguments.fetch), _fetch, expunges=False),
        Verb(Syntax("UID FETCH", SELECTED, arguments.fetch), _fetch_by_uid),
    ),
    capabilities=(b"BINARY", b"SAVEDATE", b"PREVIEW"),
)
