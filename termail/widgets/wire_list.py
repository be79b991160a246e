"""The wire list: a whole screen of dialogue with a selected line, drawn row by row as it is looked at."""

from collections.abc import Callable

from termail.widgets.ink import Run
from termail.widgets.select_list import SelectList
from termail.widgets.wire_pane import WireRow, row_runs


class WireList(SelectList):
    """`count` says how many lines there are, `draw` makes one."""

    def __init__(self, count: Callable[[], int], draw: Callable[[int], WireRow], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._count, self._draw = count, draw

    def count_lines(self) -> int:
        return self._count()

    def line_runs(self, line: int, width: int, *, selected: bool) -> list[Run]:
        return [("▌" if selected else " ", "accent"), *row_runs(self._draw(line), width - 1)]

    def lines_changed(self) -> None:
        """Other lines: what is selected comes into sight once the new length is known."""
        super().lines_changed()
        self.call_after_refresh(self.keep_in_sight)

    def text_of(self, line: int) -> str:
        """For searching."""
        return self._draw(line).text

    @property
    def is_at_end(self) -> bool:
        """The selection is on the last line: it follows what comes."""
        return self.cursor >= self.count_lines() - 1
