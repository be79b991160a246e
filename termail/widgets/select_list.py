"""A long list with one selected line: the base of the index, the folder list and every other list."""

from abc import abstractmethod

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from termail.widgets.ink import Ink, Run


class SelectList(Ink, ScrollView, can_focus=True):
    """Subclasses say how many lines there are and draw one; each key costs the lines it changes."""

    DEFAULT_CSS = """
    SelectList { width: 1fr; height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """

    opens_on_click = False

    cursor: reactive[int] = reactive(0, repaint=False)
    spacing: reactive[int] = reactive(1)
    """Rows a line takes: 2 leaves an empty one below each, for who looks on from afar."""

    class CursorMoved(Message):
        """Another line was selected."""

        def __init__(self, widget: "SelectList", line: int) -> None:
            super().__init__()
            self.widget, self.line = widget, line

        @property
        def control(self) -> "SelectList":
            return self.widget

    class LineOpened(Message):
        """A line was opened with the mouse."""

        def __init__(self, widget: "SelectList", line: int) -> None:
            super().__init__()
            self.widget, self.line = widget, line

        @property
        def control(self) -> "SelectList":
            return self.widget

    @abstractmethod
    def count_lines(self) -> int:
        """How many lines there are."""

    @abstractmethod
    def line_runs(self, line: int, width: int, *, selected: bool) -> list[Run]:
        """One line."""

    def is_selected(self, line: int) -> bool:
        """Whether the selection bar is on a line."""
        return line == self.cursor

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        line, below = divmod(self.scroll_offset.y + y, self.spacing)
        width = self.scrollable_content_region.width  # without the scroll bar, which would hide the end of a line
        if below or line >= self.count_lines():
            return self.blank(width)
        selected = self.is_selected(line)
        return self.strip_of(self.line_runs(line, width, selected=selected), width, selected=selected)

    def lines_changed(self) -> None:
        """The lines are not what they were: measure and draw again, without moving."""
        count = self.count_lines()
        if self.virtual_size.height != count * self.spacing:
            self.virtual_size = Size(self.size.width, count * self.spacing)
        if count and self.cursor >= count:
            self.cursor = count - 1
        self.refresh()

    def on_resize(self) -> None:
        """Keep the selected line in sight when the window changes."""
        self.virtual_size = Size(self.size.width, self.count_lines() * self.spacing)
        self.keep_in_sight()

    def watch_spacing(self) -> None:
        """Measure anew; the selected line stays in sight."""
        if self.is_attached:
            self.on_resize()
            self.refresh()

    @property
    def top_line(self) -> int:
        """The first line in the window."""
        return self.scroll_offset.y // self.spacing

    @property
    def window_lines(self) -> int:
        """How many lines the window holds."""
        return max(1, self.size.height // self.spacing) if self.size.height > 0 else 0

    def scroll_to_line(self, line: int) -> None:
        """Put a line at the top of the window."""
        self.scroll_to(y=line * self.spacing, animate=False)

    def _redraw(self, line: int) -> None:
        self.refresh_line(line * self.spacing)

    # --- moving

    def validate_cursor(self, line: int) -> int:
        return max(0, min(line, self.count_lines() - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two lines that changed and tell the screen."""
        if not self.is_attached:
            return
        self.keep_in_sight()
        self._redraw(old)
        self._redraw(new)
        self._place_hardware_cursor()
        self.post_message(self.CursorMoved(self, new))

    def keep_in_sight(self) -> None:
        """Scroll by the line at the edges of the window; a far jump lands a third down the window."""
        height, top = self.window_lines, self.top_line
        if height <= 0:
            return
        line = self.cursor
        if line == top - 1 or line == top + height:
            self.scroll_to_line(line if line < top else line - height + 1)
        elif not top <= line < top + height:
            self.scroll_to_line(max(0, line - height // 3))

    def move(self, lines: int) -> None:
        """Move the selection by so many lines."""
        self.cursor = self.cursor + lines

    def move_page(self, halves: int) -> None:
        """Scroll by half pages; the selection keeps its place on the screen."""
        height = self.window_lines
        step = max(1, height * abs(halves) // 2)
        top = self.top_line
        lowest = max(0, self.count_lines() - height)
        new_top = max(0, min(lowest, top + (step if halves > 0 else -step)))
        if new_top == top:
            self.cursor = self.count_lines() - 1 if halves > 0 else 0
            return
        offset = self.cursor - top
        self.scroll_to_line(new_top)
        self.cursor = new_top + offset

    def scroll_lines(self, lines: int) -> None:
        """Scroll the window; the selection is pushed along at its edge."""
        top = self.top_line
        lowest = max(0, self.count_lines() - self.window_lines)
        new_top = max(0, min(lowest, top + lines))
        self.scroll_to_line(new_top)
        self.cursor = max(new_top, min(self.cursor, new_top + self.window_lines - 1))

    def line_on_screen(self, part: float) -> int:
        """The line at the top (0.0), middle (0.5) or bottom (1.0) of the window."""
        last = min(self.window_lines, self.count_lines() - self.top_line) - 1
        return self.top_line + round(max(0, last) * part)

    def _place_hardware_cursor(self) -> None:
        y = self.cursor * self.spacing - self.scroll_offset.y
        self.app.cursor_position = self.content_region.offset + (0, max(0, y))

    # --- mouse

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        line = (event.y + self.scroll_offset.y) // self.spacing
        if line >= self.count_lines():
            return
        event.stop()
        self.cursor = line
        if event.chain == 2 or self.opens_on_click:
            self.post_message(self.LineOpened(self, line))


class TextList(SelectList):
    """A list whose lines are given as runs: folders, outbox, operations, help."""

    def __init__(self, lines: list[list[Run]] | None = None, **options: str) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # id and classes are strings
        self._lines = lines or []

    def put_lines(self, lines: list[list[Run]]) -> None:
        """Other lines; the selection stays where it is."""
        self._lines = lines
        self.lines_changed()

    def count_lines(self) -> int:
        return len(self._lines)

    def line_runs(self, line: int, width: int, *, selected: bool) -> list[Run]:
        return self._lines[line]

    def text_of(self, line: int) -> str:
        """For searching."""
        return "".join(text for text, _ in self._lines[line])
