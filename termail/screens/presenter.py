"""The presenter: keys shown, narration, nothing private on the screen, and a recording of it all."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.app import App

from termail.classroom.asciicast import Asciicast
from termail.classroom.discretion import covered, covered_name
from termail.commands import COMMANDS
from termail.mime.sanitize import clean_line
from termail.screens.files import free_path
from termail.widgets.ink import Run

KEYS_SHOWN = 3
SHOWN_KEYS = {
    "Enter": "⏎",
    "Space": "␣",
    "Tab": "⇥",
    "Esc": "⎋",
    "Down": "↓",
    "Up": "↑",
    "Left": "←",
    "Right": "→",
}


@dataclass(slots=True)
class Presenter:
    """On for a whole session of the client; `words` stand in the narration bar when no lesson runs."""

    is_on: bool = False
    words: str = ""
    theme_before: str = ""
    keys: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=KEYS_SHOWN))
    recording: Asciicast | None = None
    _silence: Callable[[], None] | None = None

    def pressed(self, stroke: str, command: str) -> None:
        """A key, and the command it meant."""
        words = COMMANDS[command].help if command in COMMANDS else command  # a user's macro is shown as it is
        self.keys.append((SHOWN_KEYS.get(stroke, stroke), words))

    def key_runs(self) -> list[Run]:
        """The last keys, the newest first."""
        runs: list[Run] = []
        for number, (stroke, words) in enumerate(reversed(self.keys)):
            role = "strong" if number == 0 else "dim"
            runs += [(f" {stroke} ", "selected" if number == 0 else "dim"), (f" {words}   ", role)]
        return runs or [(" keys show here as they are pressed", "dim")]

    def discreet(self, text: str) -> str:
        """What may be shown: addresses of the practice world and of examples; all others are covered."""
        return covered(text) if self.is_on else text

    def discreet_name(self, name: str, address: str) -> str:
        """The same for a name, whose address stands elsewhere or nowhere."""
        return covered_name(name, address) if self.is_on else name

    # --- recording

    def start(self, app: App[Any], name: str, title: str) -> Path:
        """Record what goes to this terminal from now on, in a file of its own. Raises OSError."""
        width, height = app.size
        recording = Asciicast(free_path(Path(name).expanduser()), width, height, title=clean_line(title))
        driver = app._driver  # the one place where everything that is drawn goes through
        if driver is None:
            raise OSError("there is no terminal to record")
        written = driver.write

        def write(data: str) -> None:
            recording.write(data)
            written(data)

        def silence() -> None:
            driver.write = written  # type: ignore[method-assign]

        driver.write = write  # type: ignore[method-assign]
        self.recording, self._silence = recording, silence
        return recording.path

    def stop(self) -> Path:
        """→ the file. Raises LookupError when nothing is recorded."""
        if self.recording is None or self._silence is None:
            raise LookupError("nothing is recorded")
        self._silence()
        path = self.recording.path
        self.recording.close()
        self.recording = self._silence = None
        return path
