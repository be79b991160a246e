"""The wire pane: the last lines of protocol dialogue, under the mail; it never takes a key."""

from collections import deque

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from termail.widgets.ink import Ink, Run, runs_length

KEPT_LINES = 2000


class WirePane(Ink, ScrollView, can_focus=False):
    """Follows its end unless it was scrolled with the wheel."""

    DEFAULT_CSS = """
    WirePane { height: 9; display: none; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
               background: $mail-background; }
    WirePane.shown { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: deque[list[Run]] = deque(maxlen=KEPT_LINES)
        self._title: list[Run] = []
        self._keys: tuple[Run, ...] = ()

    def put_lines(self, lines: list[list[Run]], title: list[Run], keys: tuple[Run, ...]) -> None:
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

    def add_line(self, line: list[Run]) -> None:
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
            gap = width - runs_length(self._title) - runs_length([*self._keys])
            keys = [*self._keys] if gap > 2 else []
            rule = gap - 3 if keys else width - runs_length(self._title)
            return self.strip_of([*self._title, ("─" * max(0, rule), "faint"), *keys, (" ", "dim")], width)
        at = self.scroll_offset.y + y - 1
        if at >= len(self._lines):
            hint = "nothing was said yet" if not self._lines and y == 1 else ""
            return self.strip_of([("  " + hint, "dim")], width)
        return self.strip_of([("  ", "text"), *self._lines[at]], width)
