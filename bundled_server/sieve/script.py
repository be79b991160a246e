"""A checked script: every word known, every argument of the right kind, ready to be run any number of times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from bundled_server.sieve.matching import Matcher
from bundled_server.sieve.tree import Node

Value = str | tuple[str, ...] | int | bool


@dataclass(frozen=True, slots=True)
class Call:
    """An action, or a test that has no tests inside. `words` are the positional arguments, () in place of one that
    was left out; `tags` have True for those without a value; `matcher` is there where match tags may be."""

    name: str
    line: int
    words: tuple[Value, ...]
    tags: Mapping[str, Value]
    matcher: Matcher
    written: Node = field(repr=False)

    def text(self, tag: str, default: str = "") -> str:
        value = self.tags.get(tag, default)
        return value if isinstance(value, str) else default

    def texts(self, tag: str) -> tuple[str, ...]:
        value = self.tags.get(tag, ())
        return value if isinstance(value, tuple) else ()

    def number(self, tag: str, default: int) -> int:
        value = self.tags.get(tag, default)
        return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Join:
    """not, allof, anyof."""

    name: str
    line: int
    tests: tuple["Test", ...]
    written: Node = field(repr=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm of an if; `test` is None for else."""

    test: Union["Test", None]
    line: int
    block: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """if with its elsif and else."""

    line: int
    branches: tuple[Branch, ...]


Test = Call | Join
Statement = Call | Choice


@dataclass(frozen=True, slots=True)
class Script:
    """`includes` are the (location, name) pairs it may include, where the names are known beforehand."""

    statements: tuple[Statement, ...]
    required: frozenset[str]
    includes: tuple[tuple[str, str], ...] = ()
