"""SORT and UID SORT (RFC 5256, RFC 5957, RFC 5267)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from bundled_server.maa.imap.columns import ENVELOPE
from bundled_server.maa.imap.context import Done, Feature, ImapContext, Verb
from bundled_server.maa.imap.envelope_faces import Address, Depth, Face, date_of, read_face
from bundled_server.maa.imap.results import Result, forgetting_saved, give_result
from bundled_server.maa.imap.searching import matching_positions
from bundled_server.maa.imap.selected import CONDSTORE
from bundled_server.maa.imap.spans import pick
from bundled_server.maa.service import Service
from bundled_server.mailbox.decoded import as_text, decode_words
from bundled_server.mailbox.folding import collated
from bundled_server.mailbox.subjects import base_subject
from bundled_server.protocols.imap import commands
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.search_criteria import ChangedFrom, mentions
from bundled_server.protocols.imap.sorting import sort

_SORTED_IN_PLACE = 2000
_DATES_AT_ONCE = 1024


async def _sort(context: ImapContext, request: commands.Sort) -> Done:
    await _answer(context, request, by_uid=False)
    return Done("SORT completed")


async def _sort_by_uid(context: ImapContext, request: commands.Sort) -> Done:
    await _answer(context, request, by_uid=True)
    return Done("UID SORT completed")


async def _answer(context: ImapContext, request: commands.Sort, *, by_uid: bool) -> None:
    selected, service = context.mailbox, context.service
    shows_modseq = mentions(request.key, ChangedFrom)
    if shows_modseq:
        context.enable(CONDSTORE)
    with forgetting_saved(selected, request.returns):
        found = await matching_positions(service.store, selected, request.key, service.clock.now())
        in_order = await sorted_positions(context, found, request.criteria)
    give_result(context, b"SORT", Result(in_order, by_uid, shows_modseq), request.returns)


async def sorted_positions(
    context: ImapContext, positions: Sequence[int], criteria: Sequence[commands.SortKey]
) -> Sequence[int]:
    """Positions in the order of the criteria, the first weighing most; what is equal stays in mailbox order."""
    names = {criterion.name for criterion in criteria}
    columns: dict[bytes, Sequence[Any]] = {}
    known = context.mailbox.known
    if b"ARRIVAL" in names:
        columns[b"ARRIVAL"] = pick(known.dates, positions)
    if b"SIZE" in names:
        columns[b"SIZE"] = pick(known.sizes, positions)
    if b"DATE" in names:
        columns[b"DATE"] = await sent_column(context, positions)
    faces: list[Face] = []
    from_faces = names & _TEXTS.keys()
    if from_faces:
        depth = max(_TEXTS[name][0] for name in from_faces)
        faces = await load_faces(context.service, pick(known.content_ids, positions), depth)
    if len(positions) <= _SORTED_IN_PLACE:
        return _in_order(positions, criteria, columns, faces)
    return await asyncio.to_thread(_in_order, positions, criteria, columns, faces)


def _in_order(
    positions: Sequence[int],
    criteria: Sequence[commands.SortKey],
    columns: dict[bytes, Sequence[Any]],
    faces: Sequence[Face],
) -> list[int]:
    for name in {criterion.name for criterion in criteria} & _TEXTS.keys():
        columns[name] = [_TEXTS[name][1](face) for face in faces]
    order = list(range(len(positions)))
    for criterion in reversed(criteria):
        order.sort(key=columns[criterion.name].__getitem__, reverse=criterion.is_reversed)
    return [positions[at] for at in order]


async def sent_column(context: ImapContext, positions: Sequence[int]) -> list[float]:
    """When the messages were sent; when that is not to be read, when they arrived (RFC 5256 §2.2)."""
    known, dates = context.mailbox.known, context.memory.sent_dates
    content_ids = pick(known.content_ids, positions)
    unknown = [content_id for content_id in content_ids if content_id not in dates]
    fresh = await _read_dates(context, unknown)
    arrived = pick(known.dates, positions)
    sent = (fresh[one] if one in fresh else dates.get(one) for one in content_ids)
    return [when if seconds is None else seconds for seconds, when in zip(sent, arrived, strict=True)]


async def _read_dates(context: ImapContext, content_ids: Sequence[int]) -> dict[int, float | None]:
    """From envelopes that some client has fetched already, or else from the store's."""
    found: dict[int, float | None] = {}
    for start in range(0, len(content_ids), _DATES_AT_ONCE):
        some = content_ids[start : start + _DATES_AT_ONCE]
        envelopes = dict(zip(some, context.memory.content_texts.column(ENVELOPE, some), strict=True))
        unseen = [content_id for content_id, envelope in envelopes.items() if envelope is None]
        async for summaries in context.service.store.summaries(unseen):
            envelopes.update((summary.content_id, summary.envelope) for summary in summaries)
        for content_id, envelope in envelopes.items():
            if envelope is not None:
                found[content_id] = context.memory.sent_dates.remember(content_id, date_of(envelope))
        await asyncio.sleep(0)  # others' turn
    return found


async def load_faces(service: Service, content_ids: Sequence[int], depth: Depth) -> list[Face]:
    """The faces of messages; of one that is gone, an empty one."""
    found: dict[int, Face] = {}
    async for some in service.store.summaries(content_ids):
        found.update((summary.content_id, read_face(summary.envelope, depth)) for summary in some)
    empty = Face()
    return [found.get(content_id, empty) for content_id in content_ids]


def _mailbox(address: Address) -> str:
    return collated(as_text(address.mailbox))


def _display(address: Address) -> str:
    """RFC 5957 §3: the name, or the address where there is none."""
    if address.name:
        return collated(decode_words(as_text(address.name)))
    return collated(as_text(address.mailbox + b"@" + address.host if address.host else address.mailbox))


_TEXTS: dict[bytes, tuple[Depth, Callable[[Face], str]]] = {
    b"SUBJECT": (Depth.SUBJECT, lambda face: collated(base_subject(face.subject).text)),
    b"FROM": (Depth.FROM, lambda face: _mailbox(face.sender)),
    b"TO": (Depth.TO, lambda face: _mailbox(face.to)),
    b"CC": (Depth.CC, lambda face: _mailbox(face.cc)),
    b"DISPLAYFROM": (Depth.FROM, lambda face: _display(face.sender)),
    b"DISPLAYTO": (Depth.TO, lambda face: _display(face.to)),
}

FEATURE = Feature(
    verbs=(
        Verb(Syntax("SORT", SELECTED, sort), _sort, expunges=False),
        Verb(Syntax("UID SORT", SELECTED, sort), _sort_by_uid),
    ),
    capabilities=(b"SORT", b"SORT=DISPLAY", b"ESORT"),
)
