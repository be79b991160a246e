"""Answering a search key for all messages of a mailbox at once, as far as that goes without reading any."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from bundled_server.maa.imap.objects import email_content
from bundled_server.maa.imap.selected import RECENT, SelectedMailbox
from bundled_server.maa.imap.verdicts import Verdict, everyone, of_mask, of_spans, of_truths
from bundled_server.protocols.imap import search_criteria as keys
from bundled_server.protocols.imap.dates import day_start

_DAY_SECONDS: Final = 86_400


class Survey:
    """A selected mailbox under question. `now` in epoch seconds; `answers` are what the store's index of words has
    told of some keys."""

    def __init__(
        self, selected: SelectedMailbox, now: float, answers: Mapping[keys.SearchKey, Verdict] | None = None
    ) -> None:
        self._selected = selected
        self._answers = answers or {}
        self._now = now
        self.count = selected.count
        self._all = everyone(self.count)

    @property
    def unknown(self) -> Verdict:
        """Every message must be read."""
        return Verdict(0, self._all)

    def verdict(self, key: keys.SearchKey) -> Verdict:
        """The parser's cap on depth bounds the recursion."""
        match key:
            case keys.Everything():
                return Verdict(self._all)
            case keys.Not(inner):
                return self.verdict(inner).inverted(self.count)
            case keys.Or(left, right):
                return self.verdict(left) | self.verdict(right)
            case keys.And(several):
                result = Verdict(self._all)
                for one in several:
                    result &= self.verdict(one)
                return result
            case _:
                answer = _ANSWERS.get(type(key))
                return answer(self, key) if answer is not None else self._answers.get(key, self.unknown)

    # one method for each kind of key

    def flag(self, key: keys.HasFlag) -> Verdict:
        """Keywords compare without case, as system flags do."""
        selected = self._selected
        if key.flag == RECENT:
            return Verdict(of_truths(map(selected.is_recent, selected.known.uids)))
        if not selected.is_aligned:
            return self.unknown
        wanted = key.flag.lower()
        mask = selected.current.flags.mask(lambda flags: any(flag.lower() == wanted for flag in flags))
        return Verdict(of_mask(mask[: self.count]))

    def arrival(self, key: keys.InternalDate) -> Verdict:
        return _by_day(self._selected.known.dates, key.order, key.day)

    def saving(self, key: keys.SaveDate) -> Verdict:
        return _by_day(self._selected.known.save_dates, key.order, key.day)

    def email_id(self, key: keys.EmailId) -> Verdict:
        wanted = email_content(key.text)
        return Verdict(of_truths([one == wanted for one in self._selected.known.content_ids]))

    def larger(self, key: keys.Larger) -> Verdict:
        return Verdict(of_truths([size > key.octets for size in self._selected.known.sizes]))

    def smaller(self, key: keys.Smaller) -> Verdict:
        return Verdict(of_truths([size < key.octets for size in self._selected.known.sizes]))

    def older(self, key: keys.Older) -> Verdict:
        until = self._now - key.seconds
        return Verdict(of_truths([when <= until for when in self._selected.known.dates]))

    def younger(self, key: keys.Younger) -> Verdict:
        since = self._now - key.seconds
        return Verdict(of_truths([when >= since for when in self._selected.known.dates]))

    def changed(self, key: keys.ChangedFrom) -> Verdict:
        modseqs = self._selected.modseqs_at(range(self.count))
        return Verdict(of_truths([modseq >= key.modseq for modseq in modseqs]))

    def uids(self, key: keys.Uids) -> Verdict:
        return Verdict(of_spans(self._selected.ranges(key.uids, by_uid=True), self.count))

    def numbers(self, key: keys.Numbers) -> Verdict:
        if key.numbers.is_saved:
            return self.uids(keys.Uids(key.numbers))
        return Verdict(of_spans(key.numbers.positions_within(self.count), self.count))


_ANSWERS: Final[dict[type, Callable[[Survey, Any], Verdict]]] = {
    keys.HasFlag: Survey.flag,
    keys.InternalDate: Survey.arrival,
    keys.SaveDate: Survey.saving,
    keys.EmailId: Survey.email_id,
    keys.Larger: Survey.larger,
    keys.Smaller: Survey.smaller,
    keys.Older: Survey.older,
    keys.Younger: Survey.younger,
    keys.ChangedFrom: Survey.changed,
    keys.Uids: Survey.uids,
    keys.Numbers: Survey.numbers,
}


def _by_day(times: Sequence[float], order: keys.Order, day: date) -> Verdict:
    """Disregarding time and zone (RFC 3501 §6.4.4): days are UTC's."""
    start = day_start(day)
    end = start + _DAY_SECONDS
    match order:
        case keys.Order.BEFORE:
            return Verdict(of_truths([when < start for when in times]))
        case keys.Order.ON:
            return Verdict(of_truths([start <= when < end for when in times]))
        case keys.Order.SINCE:
            return Verdict(of_truths([when >= start for when in times]))
