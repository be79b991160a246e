"""The header block of a message as raw fields, read tolerantly and never re-folded (RFC 5322 §2.2)."""

import re
from dataclasses import dataclass
from typing import NamedTuple

MAXIMUM_HEADER_OCTETS = 1_048_576
_LINE = rb"(?:[^\r]++|\r(?!\n))*+(?:\r\n|\Z)"
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:%b(?:[ \t]%b)*+" % (_LINE, _LINE))


class Field(NamedTuple):
    """One field as it stands in the message: `raw` holds name, folding and the last CRLF; `name` is lower case."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """The unfolded body of the field; octets that are not UTF-8 come out escaped."""
        body = self.raw.partition(b":")[2]
        return body.replace(b"\r\n", b"").decode("utf-8", "backslashreplace").strip()


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """`fields` in order; `octets` is where the blank line is, or the body when there is no blank line."""

    fields: tuple[Field, ...]
    octets: int
    has_blank_line: bool

    def first(self, name: str) -> str:
        """The value of the first field of that (lower-case) name, "" without one."""
        for field in self.fields:
            if field.name == name:
                return field.value
        return ""

    def count(self, name: str) -> int:
        """How many fields have that (lower-case) name."""
        return [field.name for field in self.fields].count(name)

    @property
    def separator(self) -> bytes:
        """What has to stand between fields put on top and the rest: typed mail may come without a header."""
        return b"" if self.has_blank_line else b"\r\n"


class HeaderTooBig(ValueError):
    """The header block passes `MAXIMUM_HEADER_OCTETS`."""


def read_header(data: bytes) -> HeaderBlock:
    """The fields of `data` up to the blank line, or up to the first line that is no field. Raises HeaderTooBig."""
    fields: list[Field] = []
    position = 0
    while (match := _FIELD.match(data, position, MAXIMUM_HEADER_OCTETS + 1)) is not None:
        fields.append(Field(match[1].decode("ascii").lower(), match[0]))
        position = match.end()
        if position > MAXIMUM_HEADER_OCTETS:
            raise HeaderTooBig
    return HeaderBlock(tuple(fields), position, data.startswith(b"\r\n", position))
