"""SEARCH and UID SEARCH (RFC 3501 §6.4.4)."""

import asyncio
from collections.abc import Sequence

from bundled_server.maa.imap.asking import ask
from bundled_server.maa.imap.bodies import load_bodies
from bundled_server.maa.imap.context import UTF8_ACCEPT, Done, Feature, ImapContext, Refusal, Verb
from bundled_server.maa.imap.matching import Candidate, Cost, Test, tests_of
from bundled_server.maa.imap.results import Result, forgetting_saved, give_result
from bundled_server.maa.imap.selected import CONDSTORE, SelectedMailbox
from bundled_server.maa.imap.spans import batches, pick, runs
from bundled_server.maa.imap.surveying import Survey
from bundled_server.maa.imap.verdicts import positions_in
from bundled_server.mailbox.decoded import header_block
from bundled_server.mailbox.store import Store
from bundled_server.protocols.imap import arguments, commands
from bundled_server.protocols.imap.grammar import SELECTED, Syntax
from bundled_server.protocols.imap.search_criteria import ChangedFrom, SearchKey, mentions

_BATCH_MESSAGES = {Cost.INDEX: 10_000, Cost.HEADER: 200}
_FEW_TO_READ = 32  # so many messages are read sooner than the index is asked
_BODIES_AT_ONCE = 64
_BODY_BATCH_OCTETS = 1 << 18
_IN_PLACE_OCTETS = 65_536
_HEADER_BATCH_OCTETS = 1 << 22


async def _search(context: ImapContext, request: commands.Search) -> Done:
    await _answer(context, request, by_uid=False)
    return Done("SEARCH completed")


async def _search_by_uid(context: ImapContext, request: commands.Search) -> Done:
    await _answer(context, request, by_uid=True)
    return Done("UID SEARCH completed")


async def _answer(context: ImapContext, request: commands.Search, *, by_uid: bool) -> None:
    selected = context.mailbox
    if request.names_charset and UTF8_ACCEPT in context.enabled:
        raise Refusal("with UTF8=ACCEPT there is no other charset", status=b"BAD")  # RFC 6855 §3
    shows_modseq = mentions(request.key, ChangedFrom)
    if shows_modseq:
        context.enable(CONDSTORE)
    now = context.service.clock.now()
    with forgetting_saved(selected, request.returns):
        found = await matching_positions(context.service.store, selected, request.key, now)
    give_result(context, b"SEARCH", Result(found, by_uid, shows_modseq), request.returns)


async def matching_positions(
    store: Store, selected: SelectedMailbox, key: SearchKey, now: float = 0.0
) -> Sequence[int]:
    """Positions that match, ascending: what can be told of all messages at once comes first, the rest are read."""
    await selected.refresh()
    verdict = Survey(selected, now).verdict(key)
    if verdict.unread.bit_count() > _FEW_TO_READ:
        verdict = Survey(selected, now, await ask(store, selected, key)).verdict(key)
    found = positions_in(verdict.yes, selected.count)
    if not verdict.unread:
        return found
    read = await _by_reading(
        store, selected, positions_in(verdict.unread, selected.count), tests_of(key, selected, now)
    )
    return sorted([*found, *read]) if found else read


async def _by_reading(
    store: Store, selected: SelectedMailbox, found: Sequence[int], tests: list[Test]
) -> Sequence[int]:
    """Those of some positions that match: each kind of test thins out what the next, dearer one must read."""
    for cost, thin_out in ((Cost.INDEX, _by_index), (Cost.HEADER, _by_header), (Cost.BODY, _by_body)):
        due = [test for test in tests if test.cost is cost]
        if due and found:
            found = await thin_out(store, selected, found, due)
    return found


def _passes(candidate: Candidate, tests: list[Test]) -> bool:
    return all(test.passes(candidate) for test in tests)


async def _by_index(
    store: Store, selected: SelectedMailbox, positions: Sequence[int], tests: list[Test]
) -> Sequence[int]:
    size = _BATCH_MESSAGES[Cost.INDEX]
    found: list[int] = []
    candidate = Candidate(0)
    for start in range(0, len(positions), size):
        for position in positions[start : start + size]:
            candidate.position = position
            if _passes(candidate, tests):
                found.append(position)
        await asyncio.sleep(0)  # others' turn
    return found


async def _by_header(
    store: Store, selected: SelectedMailbox, positions: Sequence[int], tests: list[Test]
) -> Sequence[int]:
    found: list[int] = []
    spans = [positions] if isinstance(positions, range) else [range(at, at + 1) for at in positions]
    for batch in batches(spans, selected.known.sizes, _BATCH_MESSAGES[Cost.HEADER], _HEADER_BATCH_OCTETS):
        some = _existing(selected, batch)
        headers = await store.headers(pick(selected.known.content_ids, some))
        for position, header in zip(some, headers, strict=True):
            if _passes(Candidate(position, header), tests):
                found.append(position)
        await asyncio.sleep(0)
    return found


async def _by_body(
    store: Store, selected: SelectedMailbox, positions: Sequence[int], tests: list[Test]
) -> Sequence[int]:
    found: list[int] = []
    known = selected.known
    spans = [positions] if isinstance(positions, range) else runs(positions)
    for batch in batches(spans, known.sizes, _BODIES_AT_ONCE, _BODY_BATCH_OCTETS):
        some = _existing(selected, batch)
        messages = await load_bodies(store, pick(known.content_ids, some), pick(known.sizes, some))
        for position, message in zip(some, messages, strict=True):
            if message is not None and await _body_passes(position, message, tests):
                found.append(position)
        await asyncio.sleep(0)  # others' turn
    return found


async def _body_passes(position: int, message: bytes, tests: list[Test]) -> bool:
    candidate = Candidate(position, header_block(message), message)
    if len(message) <= _IN_PLACE_OCTETS:
        return _passes(candidate, tests)
    return await asyncio.to_thread(_passes, candidate, tests)


def _existing(selected: SelectedMailbox, positions: Sequence[int]) -> Sequence[int]:
    gone = set(selected.gone_in(positions))
    return [position for position in positions if position not in gone] if gone else positions


FEATURE = Feature(
    verbs=(
        Verb(Syntax("SEARCH", SELECTED, arguments.search), _search, expunges=False),
        Verb(Syntax("UID SEARCH", SELECTED, arguments.search), _search_by_uid),
    ),
    capabilities=(b"ESEARCH", b"SEARCHRES", b"WITHIN"),
)
