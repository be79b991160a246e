"""The one-line bars at the top and the bottom of every screen."""

from textual.reactive import reactive
from textual.strip import Strip

from termail.widgets.ink import Ink, Run, runs_length


class Bar(Ink):
    """One line: what must be seen at the left, what may be cut first at the right."""

    DEFAULT_CSS = """
    Bar { height: 1; background: $mail-bar-background; color: $mail-bar-text; }
    Bar:ansi { text-style: reverse; }
    """

    left: reactive[tuple[Run, ...]] = reactive(())
    right: reactive[tuple[Run, ...]] = reactive(())

    def render_line(self, y: int) -> Strip:
        """Left runs, a gap, right runs; keys with their meanings go first when there is no room."""
        width = self.size.width
        left, right = [(" ", "text"), *self.left], [*self.right, (" ", "text")]
        gap = width - runs_length(left) - runs_length(right)
        while gap < 2 and len(right) > 1:
            del right[: 2 if len(right) > 2 else 1]
            gap = width - runs_length(left) - runs_length(right)
        return self.strip_of([*left, (" " * max(0, gap), "text"), *right], width)

    @property
    def text(self) -> str:
        """What the bar says, for tests and screen readers."""
        return "".join(text for text, _ in (*self.left, *self.right))


class TitleBar(Bar):
    """Where you are, and how much of it there is."""

    DEFAULT_CSS = "TitleBar { dock: top; }"


class TrustBar(Bar):
    """Who vouches for the message that is read; not there when nobody says anything."""

    DEFAULT_CSS = """
    TrustBar { background: $mail-background; display: none; }
    TrustBar.shown { display: block; }
    TrustBar:ansi { text-style: none; }
    """

    def put(self, runs: list[Run]) -> None:
        """Say this, or nothing."""
        self.left = tuple(runs)
        self.set_class(bool(runs), "shown")


class StatusBar(Bar):
    """The connection, what waits, and the keys that matter now."""


def key_hints(hints: list[tuple[str, str]]) -> tuple[Run, ...]:
    """(key, meaning) pairs as runs for the right side of a status bar."""
    return tuple(run for key, meaning in hints for run in ((f"  {key}", "accent"), (f" {meaning}", "dim")))
