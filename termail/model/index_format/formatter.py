"""Draws rows through an index_format, to an exact width in cells."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from termail.model.index_format.cells import cut, pad, width_of
from termail.model.index_format.fields import FIELDS, Line
from termail.model.index_format.items import Choice, Field, Fill, Item, Literal, When
from termail.model.index_format.parser import read_format
from termail.model.row import Row

DATE_FORMAT: Final = "%a, %b %d, %Y at %I:%M:%S%p %Z"
_FALSE: Final = frozenset(("", "0", " ", "0K", "0.0K"))


class IndexFormat:
    """A format, read once. `clean` makes text from mail fit for a terminal (mime.sanitize.clean_line) and is
    applied to every field before widths are measured; `is_tagged` asks the index about a message id."""

    def __init__(
        self,
        text: str,
        *,
        clean: Callable[[str], str],
        now: Callable[[], float],
        is_tagged: Callable[[int], bool] = lambda message_id: False,
        date_format: str = DATE_FORMAT,
        folder: Callable[[], str] = str,
        total: Callable[[], int] = lambda: 0,
    ) -> None:
        """Raises FormatError."""
        self._items = read_format(text)
        self._clean = clean
        self._now = now
        self._is_tagged = is_tagged
        self._date_format = date_format.removeprefix("!")
        self._folder = folder
        self._total = total

    def __call__(self, row: Row, number: int, tree: str, width: int) -> str:
        """One line of exactly `width` cells."""
        line = Line(row, number, tree, self._is_tagged(row.message_id), self._folder(), self._total())
        return pad(cut(self._filled(self._items, line, width), width), width, is_left=True)

    def _filled(self, items: Sequence[Item], line: Line, width: int) -> str:
        """The first fill divides the line into a left and a right side."""
        for index, item in enumerate(items):
            if isinstance(item, Fill):
                left = self._text(items[:index], line)
                if item.kind == "|":
                    return left + item.char * max(0, width - width_of(left))
                right = self._text(items[index + 1 :], line)
                if item.kind == "*":
                    left = cut(left, max(0, width - width_of(right)))
                return left + item.char * max(0, width - width_of(left) - width_of(right)) + right
        return self._text(items, line)

    def _text(self, items: Sequence[Item], line: Line) -> str:
        return "".join([self._one(item, line) for item in items])

    def _one(self, item: Item, line: Line) -> str:
        match item:
            case Literal(text=text):
                return text
            case Field():
                return _sized(self._value(item.letter, line), item)
            case When(of=of, style=style, field=field):
                moment = {"date": line.row.date, "received": line.row.received}.get(of) or self._now()
                return _sized(_date(moment, style), field)
            case Choice():
                is_present = self._value(item.letter, line).strip() not in _FALSE
                return self._text(item.present if is_present else item.absent, line)
            case Fill():
                return ""

    def _value(self, letter: str, line: Line) -> str:
        if letter in "dD":
            return _date(line.row.date, self._date_format)
        return self._clean(FIELDS[letter](line))


def _sized(text: str, field: Field) -> str:
    if field.most >= 0:
        text = cut(text, field.most)
    if field.least:
        fill = "0" if field.zeros else " "
        text = pad(text, field.least, is_left=field.is_left, is_centred=field.is_centred, fill=fill)
    return text


def _date(moment: float, style: str) -> str:
    """In the machine's time zone; "?" for a date no calendar holds."""
    try:
        local = datetime.fromtimestamp(moment)
        return (local.astimezone() if "%Z" in style or "%z" in style else local).strftime(style)
    except (OverflowError, ValueError, OSError):
        return "?"
