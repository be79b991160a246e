"""The tree of a script as it was written (RFC 5228 §8.2): commands with arguments, tests and blocks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged argument's name, lower case, without its colon."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    line: int


@dataclass(frozen=True, slots=True)
class Strings:
    """One string, or a list in brackets."""

    values: tuple[str, ...]
    line: int
    is_list: bool = False


Argument = Tag | Number | Strings


@dataclass(frozen=True, slots=True)
class Node:
    """A command or a test: both are a name, arguments and tests; a command may own a block."""

    name: str
    line: int
    arguments: tuple[Argument, ...] = ()
    tests: tuple["Node", ...] = ()
    block: tuple["Node", ...] | None = None
