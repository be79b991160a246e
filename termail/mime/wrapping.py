"""Lines broken at terminal cells: wide East Asian characters, emoji and combining marks counted as they show."""

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, get_character_cell_size

_NARROWEST: Final = 8


def fits(text: str, width: int) -> bool:
    """Whether `text` shows in `width` cells."""
    length = len(text)
    if text.isascii():
        return length <= width
    return length * 2 <= width or (length <= width * 8 and cell_len(text) <= width)


def wrap(text: str, width: int, prefix: str = "") -> Iterator[str]:
    """`text` in lines of at most `width` cells, broken at spaces where there are some; `prefix` starts each
    line but the first."""
    width = max(width, _NARROWEST)
    if len(prefix) > width // 2:
        prefix = ""
    room, start = width, 0
    lead = ""
    length = len(text)
    while start < length:
        end = _end_of_line(text, start, room)
        if end >= length:
            yield lead + text[start:]
            return
        space = text.rfind(" ", start, end + 1)
        if space > start and text[start:space].strip():
            yield lead + text[start:space]
            start = space
            while start < length and text[start] == " ":
                start += 1
        else:
            yield lead + text[start:end]
            start = end
        lead, room = prefix, width - len(prefix)


def _end_of_line(text: str, start: int, room: int) -> int:
    """The index after the last character that fits into `room` cells."""
    window = text[start : start + room]
    if window.isascii():
        return start + len(window)
    cells, index = 0, start
    length = len(text)
    while index < length and index - start < room * 8:  # a pile of combining marks is broken up
        cells += get_character_cell_size(text[index])
        if cells > room:
            break
        index += 1
    return max(index, start + 1)
