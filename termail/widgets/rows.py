"""Rows drawn as they are given: a picture in letters that fills its width and takes no key."""

from textual.reactive import reactive
from textual.strip import Strip

from termail.widgets.ink import Ink, Run


class Rows(Ink):
    """As high as it has rows."""

    DEFAULT_CSS = """
    Rows { height: auto; background: $mail-background; }
    """

    rows: reactive[tuple[tuple[Run, ...], ...]] = reactive((), layout=True)

    def put(self, rows: list[list[Run]]) -> None:
        """Other rows."""
        self.rows = tuple(map(tuple, rows))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.rows)

    def render_line(self, y: int) -> Strip:
        runs = [*self.rows[y]] if y < len(self.rows) else []
        return self.strip_of(runs, self.size.width)
