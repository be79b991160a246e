"""Drawing soon: Textual gathers changes for a sixtieth of a second, which is most of what a key waits for."""

from textual import screen

DRAW_SECONDS = 1 / 250  # its timer runs while something waits to be drawn, not when nothing does


def draw_soon() -> None:
    """Screens make their timer with this constant, and offer no other way in."""
    screen.UPDATE_PERIOD = DRAW_SECONDS  # type: ignore[misc]
