"""The Filter Protocol: what a room of its own fulfils to be a link of the chain."""

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Protocol, runtime_checkable

from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Verdict

Judge = Callable[[Question], Awaitable[Verdict | None]]
"""Answers one stage; None has nothing to say. May raise: the chain knows what a failure means."""


class Wave(IntEnum):
    """The filters of one wave are asked at the same time; the next wave knows what they found."""

    LISTS = 0
    LOOKUPS = 1
    CONCLUSIONS = 2


class Filter(Protocol):
    """One link of the chain.

    `stages` has the method for each stage the filter wants to be asked at. A filter that `must_answer` and fails
    or is late defers the mail, so that a broken scanner never means acceptance, and nobody's trust overrules it;
    any other one then says nothing, so that a dead DNSBL is not a listing. `patience_seconds` is for filters that
    need longer than the chain's own deadline. `about` is one line for people.
    """

    name: str
    about: str
    wave: Wave
    must_answer: bool
    stages: Mapping[Stage, Judge]

    @property
    def patience_seconds(self) -> float | None: ...


@runtime_checkable
class Counts(Protocol):
    """A filter that counts open connections is told of their end."""

    def left(self, visit: Visit) -> None: ...
