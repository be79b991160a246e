"""The wire pane: the last lines of protocol dialogue, under the mail or beside it; it never takes a key."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from termail.widgets.ink import Ink, Run, fit, runs_length

KEPT_LINES: Final = 2000
TEXT_SHARE: Final = 0.55  # of the width, which what was said keeps before what it means is cut


@dataclass(frozen=True, slots=True)
class WireRow:
    """What was said at the left; why and what it means at the right, where there is room; `mark` is its lock."""

    left: list[Run]
    right: list[Run]
    mark: str = ""

    @property
    def text(self) -> str:
        """For searching."""
        return "".join(text for text, _ in self.left)


def row_runs(row: WireRow, width: int) -> list[Run]:
    """A row as one line: both sides whole where they fit, else the right one shortened, then cut."""
    right = [(text, role) for text, role in row.right if text]
    room = width - 1
    left_length, right_length = runs_length(row.left), runs_length(right)
    keep = left_length
    if right and room - left_length < 4:
        keep = max(int(room * TEXT_SHARE), min(left_length, room - right_length - 2))
    left = _cut(row.left, min(keep, room))
    gap = room - runs_length(left)
    right = _whole(right, max(0, gap - 2))
    return [*left, (" " * max(0, gap - runs_length(right)), "text"), *right, (" ", "text")]


def _whole(runs: list[Run], width: int) -> list[Run]:
    """As many of them as fit; the first is cut when not even that fits."""
    kept: list[Run] = []
    for run in runs:
        if runs_length([*kept, run]) > width:
            return kept or _cut([run], width)
        kept.append(run)
    return kept


def _cut(runs: list[Run], width: int) -> list[Run]:
    """At most `width` cells of them."""
    kept: list[Run] = []
    for text, role in runs:
        length = runs_length([(text, role)])
        if length > width:
            if width > 1:
                kept.append((fit(text, width), role))
            return kept
        kept.append((text, role))
        width -= length
    return kept


class WirePane(Ink, ScrollView, can_focus=False):
    """Follows its end unless it was scrolled with the wheel."""

    DEFAULT_CSS = """
    WirePane { height: 9; display: none; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
               background: $mail-background; }
    WirePane.shown { display: block; }
    WirePane.beside { dock: right; width: 45%; height: 1fr; margin: 1 0; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: deque[WireRow] = deque(maxlen=KEPT_LINES)
        self._title: list[Run] = []
        self._keys: tuple[Run, ...] = ()

    def put_lines(self, lines: list[WireRow], title: list[Run], keys: tuple[Run, ...]) -> None:
        """Start again with these; `keys` stand at the right of the title."""
        self._keys = keys
        self._lines.clear()
        self._lines.extend(lines)
        self.put_title(title)
        self._grow()

    def put_title(self, title: list[Run]) -> None:
        """What the rule above the dialogue says."""
        self._title = title
        self.refresh()

    def add_line(self, line: WireRow) -> None:
        """One more at the end."""
        self._lines.append(line)
        if self.has_class("shown"):
            self._grow()

    def _grow(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._lines) + 1)
        self.call_after_refresh(self.scroll_end, animate=False, immediate=True)
        self.refresh()

    def on_resize(self) -> None:
        """Follow the end."""
        self._grow()

    def render_line(self, y: int) -> Strip:
        """A rule with the title, then the dialogue."""
        width = self.size.width
        if y == 0:
            return self.strip_of(self._rule(width), width)
        at = self.scroll_offset.y + y - 1
        if at >= len(self._lines):
            hint = "nothing was said yet" if not self._lines and y == 1 else ""
            return self.strip_of([("  " + hint, "dim")], width)
        return self.strip_of([(" ", "text"), *row_runs(self._lines[at], width - 1)], width)

    def _rule(self, width: int) -> list[Run]:
        """The title, a rule, and as many keys as there is room for."""
        keys = [*self._keys]
        while keys and width - runs_length(self._title) - runs_length(keys) < 5:
            del keys[:2]
        rule = width - runs_length(self._title) - runs_length(keys) - (1 if keys else 0)
        return [*self._title, ("─" * max(0, rule), "faint"), *keys, (" ", "dim")]
