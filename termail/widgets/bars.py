"""The one-line bars at the top and the bottom of every screen."""

from collections.abc import Sequence

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
        """Left runs, a gap, and what fits of the right runs."""
        return self.strip_of(bar_runs(self.left, self.right, self.size.width), self.size.width)

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


def bar_runs(left: Sequence[Run], right: Sequence[Run], width: int) -> list[Run]:
    """One line of `width` cells. Where there is no room, keys go with their meanings: from the end, because the
    first is what one does here; but the last of all stays, because it tells the others (`?`)."""
    beginning, ending = [(" ", "text"), *left], [*right, (" ", "text")]
    while (gap := width - runs_length(beginning) - runs_length(ending)) < 2 and len(ending) > 1:
        if len(ending) >= 5:
            del ending[-5:-3]
        else:
            del ending[: 2 if len(ending) > 2 else 1]
    return [*beginning, (" " * max(0, gap), "text"), *ending]


def key_hints(hints: list[tuple[str, str]]) -> tuple[Run, ...]:
    """(key, meaning) pairs as runs for the right side of a status bar."""
    return tuple(run for key, meaning in hints for run in ((f"  {key}", "accent"), (f" {meaning}", "dim")))
