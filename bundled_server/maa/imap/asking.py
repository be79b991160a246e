"""Asking the store's index of words for the texts that a search key looks for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from bundled_server.maa.imap.objects import thread_id_text
from bundled_server.maa.imap.selected import SelectedMailbox
from bundled_server.maa.imap.verdicts import Verdict, of_truths
from bundled_server.mailbox.folding import folded
from bundled_server.mailbox.search.document import TextField
from bundled_server.mailbox.store import Store, TextMatches
from bundled_server.protocols.imap import search_criteria as keys

_FIELDS: Final = {
    "from": TextField.FROM,
    "to": TextField.TO,
    "cc": TextField.CC,
    "subject": TextField.SUBJECT,
}
_MOST_QUESTIONS: Final = 32


async def ask(store: Store, selected: SelectedMailbox, key: keys.SearchKey) -> dict[keys.SearchKey, Verdict]:
    """What the index tells of the texts and threads in `key`, for every message; of more than anybody asks for at
    once, nothing."""
    questions = [
        one for one in dict.fromkeys(_simple_keys(key)) if _texts_of(one) or isinstance(one, keys.ThreadId)
    ]
    return {one: await _answer(store, selected.known.content_ids, one) for one in questions[:_MOST_QUESTIONS]}


async def _answer(store: Store, content_ids: array[int], key: keys.SearchKey) -> Verdict:
    if isinstance(key, keys.ThreadId):
        threads = await store.thread_keys(content_ids)
        return Verdict(
            of_truths([i in threads and thread_id_text(i, threads[i]) == key.text for i in content_ids])
        )
    verdict = Verdict(0)
    for field, wanted in _texts_of(key):
        verdict |= _verdict(await store.find_text(field, wanted), content_ids)
    return verdict


def _simple_keys(key: keys.SearchKey) -> Iterator[keys.SearchKey]:
    """The keys that no others are made of. The parser's cap on depth bounds the recursion."""
    match key:
        case keys.Not(inner):
            yield from _simple_keys(inner)
        case keys.Or(left, right):
            yield from _simple_keys(left)
            yield from _simple_keys(right)
        case keys.And(several):
            for one in several:
                yield from _simple_keys(one)
        case _:
            yield key


def _texts_of(key: keys.SearchKey) -> tuple[tuple[TextField, str], ...]:
    """Where the index is to look, and for what; any of these places will do."""
    match key:
        case keys.BodyHas(text):
            return ((TextField.BODY, folded(text)),)
        case keys.TextHas(text):
            return (TextField.HEADER, folded(text)), (TextField.BODY, folded(text))
        case keys.HeaderHas(name, text) if name.lower() in _FIELDS:
            return ((_FIELDS[name.lower()], folded(text)),)
        case _:
            return ()


def _verdict(matches: TextMatches, content_ids: array[int]) -> Verdict:
    may_hold = of_truths(map(matches.may_hold.__contains__, content_ids)) if matches.may_hold else 0
    unindexed = of_truths(map(matches.indexed_to.__lt__, content_ids))
    holds = of_truths(map(matches.holds.__contains__, content_ids)) if matches.holds else 0
    unread = may_hold | unindexed
    return Verdict(holds, unread ^ (unread & holds))
