"""Asking the store's index of words for the texts that a search key looks for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

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
    """What the index tells of the texts in `key`, for every message; of more texts than anybody types, nothing."""
    answers: dict[keys.SearchKey, Verdict] = {}
    content_ids = selected.known.content_ids
    for one, fields, wanted in list(_texts_in(key))[:_MOST_QUESTIONS]:
        if one not in answers:
            verdict = Verdict(0)
            for field in fields:
                verdict |= _verdict(await store.find_text(field, wanted), content_ids)
            answers[one] = verdict
    return answers


def _texts_in(key: keys.SearchKey) -> Iterator[tuple[keys.SearchKey, tuple[TextField, ...], str]]:
    """Keys about texts that have an index, with those texts and what is wanted of them. The parser's cap on depth
    bounds the recursion."""
    match key:
        case keys.Not(inner):
            yield from _texts_in(inner)
        case keys.Or(left, right):
            yield from _texts_in(left)
            yield from _texts_in(right)
        case keys.And(several):
            for one in several:
                yield from _texts_in(one)
        case keys.BodyHas(text):
            yield key, (TextField.BODY,), folded(text)
        case keys.TextHas(text):
            yield key, (TextField.HEADER, TextField.BODY), folded(text)
        case keys.HeaderHas(name, text) if name.lower() in _FIELDS:
            yield key, (_FIELDS[name.lower()],), folded(text)


def _verdict(matches: TextMatches, content_ids: array[int]) -> Verdict:
    may_hold = of_truths(map(matches.may_hold.__contains__, content_ids)) if matches.may_hold else 0
    unindexed = of_truths(map(matches.indexed_to.__lt__, content_ids))
    holds = of_truths(map(matches.holds.__contains__, content_ids)) if matches.holds else 0
    unread = may_hold | unindexed
    return Verdict(holds, unread ^ (unread & holds))
