"""A few lines of words under a rule, as high as they are many: explanations, narration, what one may do now."""

from textual.reactive import reactive
from textual.strip import Strip

from termail.widgets.ink import Ink, Run, runs_length


class Words(Ink):
    """Shows what it is given and takes no key; hidden while it has nothing to say."""

    DEFAULT_CSS = """
    Words { height: auto; max-height: 50%; display: none; background: $mail-background; }
    Words.shown { display: block; }
    """

    lines: reactive[tuple[tuple[Run, ...], ...]] = reactive((), layout=True)
    title: reactive[tuple[Run, ...]] = reactive(())

    def put(self, title: list[Run], lines: list[list[Run]], *, height: int = 0) -> None:
        """Say this; with `height` at least so many lines are taken, so that nothing below jumps."""
        padding = [()] * max(0, height - len(lines))
        self.title = tuple(title)
        self.lines = (*map(tuple, lines), *padding)
        self.set_class(bool(self.lines), "shown")

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return len(self.lines) + (1 if self.title else 0)

    def render_line(self, y: int) -> Strip:
        """A rule with the title, then the lines."""
        width = self.size.width
        if self.title:
            if y == 0:
                rule = max(0, width - runs_length([*self.title]) - 4)
                return self.strip_of([("── ", "faint"), *self.title, (" " + "─" * rule, "faint")], width)
            y -= 1
        runs = [*self.lines[y]] if y < len(self.lines) else []
        return self.strip_of([(" ", "text"), *runs], width)
