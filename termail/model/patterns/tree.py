"""A pattern as a tree of conditions."""

import msgspec


class Everything(msgspec.Struct, frozen=True):
    """~A."""


class And(msgspec.Struct, frozen=True):
    """All of them."""

    parts: "tuple[Node, ...]"


class Or(msgspec.Struct, frozen=True):
    """One of them."""

    parts: "tuple[Node, ...]"


class Not(msgspec.Struct, frozen=True):
    """The others."""

    part: "Node"


class Related(msgspec.Struct, frozen=True):
    """~(…): some message of the thread; ~<(…): the parent; ~>(…): a child. `relation` is thread, parent, child."""

    relation: str
    part: "Node"


class Text(msgspec.Struct, frozen=True):
    """A text in a field (see operators.TEXT_FIELDS). A plain substring unless `is_regex`."""

    field: str
    value: str
    is_regex: bool = False
    ignore_case: bool = True


class Word(msgspec.Struct, frozen=True):
    """A bare word: sender or subject when an index is limited, anything when all folders are searched."""

    value: str
    is_regex: bool = False
    ignore_case: bool = True


class State(msgspec.Struct, frozen=True):
    """A state of the message (see operators.STATES)."""

    name: str


class Dates(msgspec.Struct, frozen=True):
    """`field` is date or received; from `start` until before `end`, epoch seconds, None for open."""

    field: str
    start: float | None
    end: float | None


class Numbers(msgspec.Struct, frozen=True):
    """`field` is number, size, attachments or score; both ends included, None for open."""

    field: str
    low: int | None
    high: int | None


class InFolder(msgspec.Struct, frozen=True):
    """in:NAME: the folder's name or role."""

    name: str


Node = Everything | And | Or | Not | Related | Text | Word | State | Dates | Numbers | InFolder
