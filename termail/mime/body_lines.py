"""A text body as classified, wrapped lines: quotes, signature, patches, format=flowed."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from termail.mime import limits
from termail.mime.lines import BLANK_LINE, Line, LineKind
from termail.mime.sanitize import clean_text
from termail.mime.wrapping import fits, wrap

_QUOTE: Final = re.compile(r" {0,3}>(?: {0,2}>)* ?")
_DIFF_START: Final = ("diff --git ", "diff -", "Index: ", "--- a/", "--- /dev/null")
_DIFF_HEADER: Final = (
    "diff ", "index ", "--- ", "+++ ", "@@ ", "new file mode", "deleted file mode", "similarity index",
    "rename from", "rename to", "Index: ", "old mode", "new mode",
)  # fmt: skip


Marker = Callable[[str], tuple[str, int]]
"""Numbers the links of a line: → (the line, perhaps with marks, and the number of its first link or 0)."""


def body_lines(
    text: str,
    *,
    width: int,
    mark: Marker,
    flowed: bool = False,
    del_sp: bool = False,
    is_patch: bool = False,
) -> Iterator[Line]:
    """`text` sanitised and cut into the pager's lines. Linear; at most SHOWN_CHARACTERS and SHOWN_LINES."""
    cut = len(text) > limits.SHOWN_CHARACTERS
    cleaned = clean_text(text[: limits.SHOWN_CHARACTERS]).rstrip()
    lines: Iterable[str] = cleaned.split("\n")
    if flowed:
        lines = unflow(lines, del_sp=del_sp)
    classify = _Classifier(is_patch or "\n@@ -" in cleaned)
    count = 0
    for line in lines:
        if not line or line.isspace():
            count += 1
            yield BLANK_LINE
        else:
            kind, level = classify.kind(line)
            for shown in _shown(line, kind, level, width, mark):
                count += 1
                yield shown
        if count >= limits.SHOWN_LINES:
            cut = True
            break
    if cut:
        yield Line(LineKind.PROBLEM, "[the rest of this text is too long to show; save it to read it all]")


def _shown(
    line: str, kind: LineKind, level: int, width: int, mark: Callable[[str], tuple[str, int]]
) -> Iterator[Line]:
    line, link = mark(line)
    if fits(line, width):
        yield Line(kind, line, level, link)
        return
    prefix = ""
    if level:
        found = _QUOTE.match(line)
        prefix = found[0] if found else ""
    for piece in wrap(line, width, prefix):
        yield Line(kind, piece, level, link)


class _Classifier:
    """What the lines before say of the next one: inside a patch, after the signature's dashes."""

    def __init__(self, may_be_patch: bool) -> None:
        self._may_be_patch = may_be_patch
        self._in_patch = False
        self._in_signature = False

    def kind(self, line: str) -> tuple[LineKind, int]:
        if self._in_signature:
            return LineKind.SIGNATURE, 0
        first = line[0]
        if first == "-" and line == "-- ":
            self._in_signature, self._in_patch = True, False
            return LineKind.SIGNATURE, 0
        if self._may_be_patch:
            found = self._diff_kind(line, first)
            if found is not None:
                return found, 0
        if first in "> ":
            level = quote_level(line)
            if level:
                return LineKind.QUOTE, level
        return LineKind.TEXT, 0

    def _diff_kind(self, line: str, first: str) -> LineKind | None:
        if not self._in_patch:
            self._in_patch = line.startswith(_DIFF_START)
            return LineKind.DIFF_HUNK if self._in_patch else None
        if line.startswith(_DIFF_HEADER):
            return LineKind.DIFF_HUNK
        match first:
            case "+":
                return LineKind.DIFF_ADDED
            case "-":
                return LineKind.DIFF_REMOVED
            case " " | "\\":
                return LineKind.TEXT
            case _:
                self._in_patch = False
                return None


def quote_level(line: str) -> int:
    """How deep `line` is quoted; mbox's ">From " is not a quote."""
    found = _QUOTE.match(line)
    if found is None or line.startswith(">From "):
        return 0
    return found[0].count(">")


def unflow(lines: Iterable[str], *, del_sp: bool) -> Iterator[str]:
    """Paragraphs of format=flowed text (RFC 3676 §4.2), each with its quote marks before it."""
    pieces: list[str] = []
    open_level, size = 0, 0
    for line in lines:
        level = len(line) - len(line.lstrip(">"))
        content = line[level:]
        if content.startswith(" "):
            content = content[1:]  # space-stuffing (§4.4)
        is_signature = content == "-- "
        if pieces and (level != open_level or is_signature or size > limits.UNFOLDED_LINE):
            yield _flowed_line(open_level, pieces)
            pieces, size = [], 0
        is_soft = content.endswith(" ") and not is_signature
        pieces.append(content[:-1] if is_soft and del_sp else content)
        size += len(content)
        open_level = level
        if not is_soft:
            yield _flowed_line(level, pieces)
            pieces, size = [], 0
    if pieces:
        yield _flowed_line(open_level, pieces)


def _flowed_line(level: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{'>' * level} {text}" if level else text
