"""Mail text: the pager's lines, scrolled, folded and searched."""

import re

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from termail.mime.lines import Display, LineKind
from termail.widgets.ink import Ink, fit
from termail.widgets.pager_lines import PagerLine, pager_lines, runs_of


class MailText(Ink, ScrollView, can_focus=True):
    """Shows a Display (already sanitised and wrapped); the screen tells it which, and moves it."""

    DEFAULT_CSS = """
    MailText { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """

    class EndReached(Message):
        """A page down at the end of the text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._display: Display | None = None
        self._lines: list[PagerLine] = []
        self._notice = ""
        self._opened: frozenset[int] = frozenset()
        self.folds_quotes = True
        self.shows_matches = True
        self._pattern: re.Pattern[str] | None = None

    # --- content

    def put_display(self, display: Display, *, keep_place: bool = False) -> None:
        """Another message, from its top; or the same one drawn again."""
        self._display, self._notice = display, ""
        if not keep_place:
            self._opened = frozenset()
            self.scroll_to(y=0, animate=False)
        self._fold()

    def put_notice(self, text: str) -> None:
        """A line to read while the text is on its way."""
        self._notice, self._display = text, None
        self._fold()

    def toggle_quotes(self) -> bool:
        """Fold or show quotes → whether they are folded now."""
        self.folds_quotes = not self.folds_quotes
        self._fold()
        return self.folds_quotes

    @property
    def lines(self) -> list[PagerLine]:
        return self._lines

    @property
    def links(self) -> list[tuple[str, str]]:
        """(url, true host) in the order of their numbers."""
        return self._display.links if self._display is not None else []

    @property
    def percent(self) -> int:
        """How much of the text was seen."""
        total = max(1, len(self._lines))
        return min(100, (self.scroll_offset.y + self.size.height) * 100 // total)

    @property
    def text_width(self) -> int:
        """Cells of a line, without padding and scrollbar."""
        return self.scrollable_content_region.width

    def _fold(self) -> None:
        lines = self._display.lines if self._display is not None else []
        self._lines = pager_lines(lines, fold_quotes=self.folds_quotes, opened=self._opened)
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._lines))

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        width = self.text_width
        at = self.scroll_offset.y + y
        if self._notice:
            return self.strip_of([(self._notice, "dim")], width) if y == 1 else self.blank(width)
        if at >= len(self._lines):
            return self.blank(width)
        line = self._lines[at]
        if line.kind is LineKind.BLANK and at and self._lines[at - 1].kind is LineKind.HEADER:
            return self.strip_of([("─" * width, "faint")], width)
        runs = runs_of(line, self._pattern if self.shows_matches else None)
        if not line.folded:
            return self.strip_of(runs, width)
        note = f"  [+ {line.folded} quoted]"
        return self.strip_of([(fit(line.text, width - len(note)), runs[0][1]), (note, "dim")], width)

    # --- moving

    @property
    def is_at_end(self) -> bool:
        return self.scroll_offset.y + self.size.height >= len(self._lines)

    def move(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=max(0, self.scroll_offset.y + lines), animate=False)

    def move_page(self, halves: int) -> None:
        """Scroll by half pages; a whole page leaves one line to hold on to."""
        if halves > 0 and self.is_at_end:
            self.post_message(self.EndReached())
            return
        step = max(1, self.size.height * abs(halves) // 2 - (1 if abs(halves) > 1 else 0))
        self.move(step if halves > 0 else -step)

    def move_to(self, line: int) -> None:
        """Bring a line to the top."""
        self.scroll_to(y=max(0, line), animate=False)

    def after(self, kinds: frozenset[LineKind]) -> int | None:
        """The first line below the window's top that follows a line of these kinds."""
        seen = False
        for at in range(self.scroll_offset.y, len(self._lines)):
            if self._lines[at].kind in kinds:
                seen = True
            elif seen and self._lines[at].kind is not LineKind.BLANK:
                return at
        return None

    # --- searching

    def search(self, pattern: re.Pattern[str] | None) -> None:
        """Mark the matches."""
        self._pattern = pattern
        self.shows_matches = True
        self.refresh()

    def next_match(self, step: int) -> int | None:
        """The next line with a match, from the top of the window."""
        if self._pattern is None:
            return None
        at = self.scroll_offset.y + step
        while 0 <= at < len(self._lines):
            if self._pattern.search(self._lines[at].text):
                return at
            at += step
        return None

    # --- mouse

    def on_click(self, event: events.Click) -> None:
        """A click on a folded quote opens it."""
        at = event.y + self.scroll_offset.y
        if at < len(self._lines) and self._lines[at].folded:
            event.stop()
            self._opened |= {self._lines[at].source}
            self._fold()
