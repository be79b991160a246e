"""The letters of index_format: what each shows of a row."""

from collections.abc import Callable
from typing import Final

import msgspec

from termail.model.row import Row


class Line(msgspec.Struct, frozen=True):
    """A row with its place in the index."""

    row: Row
    number: int
    tree: str
    is_tagged: bool
    folder: str
    total: int


def status_flags(row: Row, *, is_tagged: bool) -> str:
    """mutt's %Z: N O r; D; then * tagged, ! flagged, or how it was addressed to me."""
    first = ("O" if row.is_old else "N") if not row.is_read else "r" if row.is_answered else " "
    last = "*" if is_tagged else "!" if row.is_flagged else row.to_me or " "
    return first + ("D" if row.is_deleted else " ") + last


def short_size(octets: int) -> str:
    """mutt's %c: 0K to 9.9K with one digit, then whole K and M."""
    if octets < 10_189:
        return f"{max(octets / 1024, 0.1 if octets else 0):.1f}K"
    if octets < 1_023_949:
        return f"{(octets + 51) // 1024}K"
    if octets < 10_433_332:
        return f"{octets / 1_048_576:.1f}M"
    return f"{(octets + 52_428) // 1_048_576}M"


def _name(row: Row) -> str:
    return row.sender_name or row.sender_address


def _author_or_recipient(row: Row) -> str:
    return f"To {row.to}" if row.to_me == "F" and row.to else _name(row)


def _list_or_author(row: Row) -> str:
    return f"To {row.list_id.partition('.')[0]}" if row.list_id and row.to_me == "L" else _author_or_recipient(row)


def _full(row: Row) -> str:
    return f"{row.sender_name} <{row.sender_address}>" if row.sender_name else row.sender_address


FIELDS: Final[dict[str, Callable[[Line], str]]] = {
    "a": lambda line: line.row.sender_address,
    "A": lambda line: line.row.sender_address,
    "b": lambda line: line.folder,
    "B": lambda line: line.row.list_id or line.folder,
    "c": lambda line: short_size(line.row.size_octets),
    "C": lambda line: str(line.number),
    "e": lambda line: str(line.number),
    "E": lambda line: str(line.total),
    "f": lambda line: _full(line.row),
    "F": lambda line: _author_or_recipient(line.row),
    "g": lambda line: " ".join(sorted(line.row.keywords)),
    "H": lambda line: "",
    "i": lambda line: line.row.message_id_header,
    "l": lambda line: str(line.row.lines) if line.row.lines else "",
    "L": lambda line: _list_or_author(line.row),
    "m": lambda line: str(line.total),
    "M": lambda line: "",
    "n": lambda line: _name(line.row),
    "N": lambda line: "0",
    "o": lambda line: line.row.sender_address.partition("@")[0],
    "O": lambda line: line.row.sender_address.partition("@")[0],
    "P": lambda line: "",
    "r": lambda line: line.row.to,
    "R": lambda line: "",
    "s": lambda line: line.tree + line.row.subject,
    "S": lambda line: status_flags(line.row, is_tagged=line.is_tagged)[0],
    "t": lambda line: line.row.to,
    "T": lambda line: line.row.to_me,
    "u": lambda line: line.row.sender_address.partition("@")[0],
    "v": lambda line: _name(line.row).partition(" ")[0],
    "W": lambda line: "",
    "X": lambda line: "1" if line.row.has_attachment else "",
    "y": lambda line: " ".join(sorted(line.row.keywords)),
    "Y": lambda line: " ".join(sorted(line.row.keywords)),
    "z": lambda line: status_flags(line.row, is_tagged=line.is_tagged)[0],
    "Z": lambda line: status_flags(line.row, is_tagged=line.is_tagged),
}
