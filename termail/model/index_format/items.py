"""What an index_format is made of."""

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """Text as it stands."""

    text: str


class Field(msgspec.Struct, frozen=True):
    """%-15.15L: a letter with its width (`least`), its limit (`most`, -1 for none) and its alignment."""

    letter: str
    least: int = 0
    most: int = -1
    is_left: bool = False
    is_centred: bool = False
    zeros: bool = False


class When(msgspec.Struct, frozen=True):
    """%{…} %[…] %(…) %<…>: a date through strftime. `of` is date, received or now."""

    of: str
    style: str
    field: Field


class Choice(msgspec.Struct, frozen=True):
    """%?l?…&…?: the first part when the field says something, else the second."""

    letter: str
    present: "tuple[Item, ...]"
    absent: "tuple[Item, ...]"


class Fill(msgspec.Struct, frozen=True):
    """%>X fills between left and right, %|X to the end, %*X the same as %> but the right side wins."""

    kind: str
    char: str


Item = Literal | Field | When | Choice | Fill
