"""The built-in editor: a text area for short mail, for when there is no $EDITOR."""

from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import TextArea

from termail.mime.sanitize import clean_line, clean_text
from termail.screens.services import Services
from termail.widgets.bars import StatusBar, TitleBar, key_hints

AUTOSAVE_SECONDS = 5.0


class EditorScreen(Screen[Any], inherit_bindings=False):
    """Esc or ^S keeps the text, ^G leaves it as it was. Returns the text, or None. `keep` is called with what was
    written, every few seconds while it changes."""

    DEFAULT_CSS = """
    EditorScreen { background: $mail-background; }
    EditorScreen > TextArea, EditorScreen > TextArea:focus {
        height: 1fr; border: none; padding: 0 1; background: $mail-background; color: $mail-text;
    }
    """

    def __init__(
        self, services: Services, text: str, subject: str, keep: Callable[[str], None] | None = None
    ) -> None:
        super().__init__()
        self._keep = keep
        self._kept = text
        self._subject = subject
        self._text = text

    def compose(self) -> ComposeResult:
        title = TitleBar()
        title.left = (("Edit", "strong"), (f" · {clean_line(self._subject) or '(no subject)'}", "dim"))
        yield title
        yield TextArea(clean_text(self._text), soft_wrap=True, id="editor", compact=True)
        status = StatusBar()
        status.right = key_hints([("Esc", "done"), ("^G", "leave as it was")])
        yield status

    def on_mount(self) -> None:
        """An answer is written below what it answers."""
        area = self.query_one(TextArea)
        area.focus()
        area.move_cursor((answer_line(area.text), 0))
        if self._keep is not None:
            self.set_interval(AUTOSAVE_SECONDS, self.autosave)

    def autosave(self) -> None:
        """Nothing written is lost when the client is killed."""
        text = self.query_one(TextArea).text
        if self._keep is not None and text != self._kept:
            self._kept = text
            self._keep(text)

    def on_key(self, event: events.Key) -> None:
        """The keys that end editing."""
        match event.key:
            case "escape" | "ctrl+s":
                self.dismiss(self.query_one(TextArea).text)
            case "ctrl+g" | "ctrl+c":
                self.dismiss(None)
            case _:
                return
        event.stop()
        event.prevent_default()


def answer_line(text: str) -> int:
    """Where writing begins: the free line below the last quoted one, or the top when there is no such line."""
    lines = text.split("\n")
    quoted = [number for number, line in enumerate(lines) if line.startswith(">")]
    below = lines[quoted[-1] + 1 :] if quoted else []
    free = 0
    while free < min(2, len(below)) and not below[free].strip():
        free += 1
    is_written = free < len(below) and bool(below[free].strip()) and below[free] != "-- "
    return quoted[-1] + free if free and not is_written else 0
