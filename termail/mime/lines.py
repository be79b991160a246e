"""The lines of a displayed message, as the pager takes them."""

from enum import StrEnum

import msgspec

from termail.mime.part import Part


class LineKind(StrEnum):
    """What a line is, for its colour and for folding."""

    MESSAGE = "message"
    HEADER = "header"
    TEXT = "text"
    QUOTE = "quote"
    SIGNATURE = "signature"
    ATTACHMENT = "attachment"
    PROBLEM = "problem"
    DIFF_ADDED = "diff added"
    DIFF_REMOVED = "diff removed"
    DIFF_HUNK = "diff hunk"
    BLANK = "blank"


class Line(msgspec.Struct, frozen=True):
    """One line of the pager; `level` is the quote depth; `link` numbers links from 1, 0 for none."""

    kind: LineKind
    text: str
    level: int = 0
    link: int = 0


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """The lines, the links in number order as (url, true host), the attachments in the order shown."""

    lines: list[Line]
    links: list[tuple[str, str]]
    attachments: list[Part]


BLANK_LINE = Line(LineKind.BLANK, "")
