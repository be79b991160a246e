"""Matching one message against a search key, cheapest questions first (RFC 3501 §6.4.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from bundled_server.maa.imap.objects import email_id_text, thread_id_text
from bundled_server.maa.imap.plain_text import Octets
from bundled_server.maa.imap.selected import RECENT, SelectedMailbox
from bundled_server.mailbox.decoded import body_text, header_text, searched_values, sent_day
from bundled_server.mailbox.folding import folded
from bundled_server.mailbox.search.thread_keys import read_thread_keys
from bundled_server.protocols.imap import search_criteria as keys
from bundled_server.protocols.imap.dates import day_of
from bundled_server.protocols.imap.sequences import SequenceSet


class Cost(IntEnum):
    """What must be read to answer: the index in memory, the header block, the whole message."""

    INDEX = 0
    HEADER = 1
    BODY = 2


@dataclass(slots=True)
class Candidate:
    """A message under the question; `header` and `message` are there when a test's cost says so, decoded text is
    kept from one test to the next."""

    position: int
    header: bytes = b""
    message: bytes = b""
    _header_text: str | None = field(default=None, repr=False)
    _body_text: str | None = field(default=None, repr=False)
    _octets: Octets | None = field(default=None, repr=False)

    @property
    def header_text(self) -> str:
        if self._header_text is None:
            self._header_text = folded(header_text(self.header))
        return self._header_text

    def body_holds(self, wanted: str) -> bool:
        """Whether a text part holds `wanted` (folded)."""
        if self._octets is None:
            self._octets = Octets(self.message)
        return not self._octets.lack(wanted) and wanted in self.body_text

    @property
    def body_text(self) -> str:
        if self._body_text is None:
            self._body_text = folded(body_text(self.message))
        return self._body_text


@dataclass(frozen=True, slots=True)
class Test:
    """One question and what it costs."""

    cost: Cost
    passes: Callable[[Candidate], bool]


def tests_of(key: keys.SearchKey, selected: SelectedMailbox, now: float = 0.0) -> list[Test]:
    """The tests that a message must pass, all of them, cheapest first. `now` in epoch seconds."""
    conjuncts = key.keys if isinstance(key, keys.And) else (key,)
    return sorted((_test(conjunct, selected, now) for conjunct in conjuncts), key=lambda test: test.cost)


def _test(key: keys.SearchKey, selected: SelectedMailbox, now: float) -> Test:
    match key:
        case keys.Not(inner):
            test = _test(inner, selected, now)
            passes = test.passes
            return Test(test.cost, lambda message: not passes(message))
        case keys.And(several):
            return _all([_test(one, selected, now) for one in several])
        case keys.Or(left, right):
            return _any(_test(left, selected, now), _test(right, selected, now))
        case keys.HeaderHas(name, text):
            return Test(Cost.HEADER, _header_has(name.encode("latin-1"), folded(text)))
        case keys.SentDate(order, day):
            return Test(Cost.HEADER, lambda message: _sent(order, day, message.header))
        case keys.ThreadId(text):
            return Test(Cost.HEADER, _thread_is(text, selected))
        case keys.BodyHas(text):
            wanted = folded(text)
            return Test(Cost.BODY, lambda message: message.body_holds(wanted))
        case keys.TextHas(text):
            sought = folded(text)
            return Test(Cost.BODY, lambda message: sought in message.header_text or message.body_holds(sought))
        case _:
            return Test(Cost.INDEX, _index_test(key, selected, now))


def _all(tests: list[Test]) -> Test:
    tests = sorted(tests, key=lambda test: test.cost)
    return Test(tests[-1].cost, lambda message: all(test.passes(message) for test in tests))


def _any(left: Test, right: Test) -> Test:
    first, second = sorted((left, right), key=lambda test: test.cost)
    return Test(second.cost, lambda message: first.passes(message) or second.passes(message))


def _index_test(key: keys.SearchKey, selected: SelectedMailbox, now: float) -> Callable[[Candidate], bool]:
    known = selected.known
    match key:
        case keys.HasFlag(flag) if flag == RECENT:
            return lambda message: selected.is_recent(known.uids[message.position])
        case keys.HasFlag(flag):
            return _flag_test(flag, selected)
        case keys.InternalDate(order, day):
            return lambda message: _stands(order, day_of(known.dates[message.position]), day)
        case keys.SaveDate(order, day):
            return lambda message: _stands(order, day_of(known.save_dates[message.position]), day)
        case keys.EmailId(text):
            return lambda message: email_id_text(known.content_ids[message.position]) == text
        case keys.Larger(octets):
            return lambda message: known.sizes[message.position] > octets
        case keys.Smaller(octets):
            return lambda message: known.sizes[message.position] < octets
        case keys.Older(seconds):
            return lambda message: known.dates[message.position] <= now - seconds
        case keys.Younger(seconds):
            return lambda message: known.dates[message.position] >= now - seconds
        case keys.ChangedFrom(modseq):
            return lambda message: selected.modseq_at(message.position) >= modseq
        case keys.Uids(uids):
            return _membership(uids, selected, by_uid=True)
        case keys.Numbers(numbers):
            return _membership(numbers, selected, by_uid=False)
        case _:
            return lambda message: True


def _flag_test(flag: str, selected: SelectedMailbox) -> Callable[[Candidate], bool]:
    """Keywords compare without case, as system flags do."""
    wanted = flag.lower()
    verdicts: dict[frozenset[str], bool] = {}

    def passes(message: Candidate) -> bool:
        flags = selected.flags_at(message.position)
        verdict = verdicts.get(flags)
        if verdict is None:
            verdict = verdicts[flags] = any(one.lower() == wanted for one in flags)
        return verdict

    return passes


def _membership(numbers: SequenceSet, selected: SelectedMailbox, *, by_uid: bool) -> Callable[[Candidate], bool]:
    if by_uid or numbers.is_saved:
        spans = selected.ranges(numbers, by_uid=True)
    else:
        spans = numbers.positions_within(selected.count)
    if len(spans) == 1:
        span = spans[0]
        return lambda message: message.position in span
    members = frozenset(position for span in spans for position in span)
    return lambda message: message.position in members


def _header_has(name: bytes, wanted: str) -> Callable[[Candidate], bool]:
    def passes(message: Candidate) -> bool:
        return any(wanted in folded(value) for value in searched_values(message.header, name))

    return passes


def _thread_is(text: bytes, selected: SelectedMailbox) -> Callable[[Candidate], bool]:
    content_ids = selected.known.content_ids

    def passes(message: Candidate) -> bool:
        return thread_id_text(content_ids[message.position], read_thread_keys(message.header)) == text

    return passes


def _sent(order: keys.Order, day: date, header: bytes) -> bool:
    sent = sent_day(header)
    return sent is not None and _stands(order, sent, day)


def _stands(order: keys.Order, value: date, day: date) -> bool:
    match order:
        case keys.Order.BEFORE:
            return value < day
        case keys.Order.ON:
            return value == day
        case keys.Order.SINCE:
            return value >= day
