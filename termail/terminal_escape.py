"""Writing an escape sequence of our own to the terminal, past Textual's drawing."""

from collections.abc import Callable
from typing import Any

from textual.app import App


def write_to_terminal(app: App[Any]) -> Callable[[str], None]:
    """What takes a sequence that moves no cursor and draws nothing."""

    def write(sequence: str) -> None:
        driver = app._driver  # Textual has no public way
        if driver is not None and not app.is_headless:
            driver.write(sequence)
            driver.flush()

    return write
