"""The line at the bottom where a screen asks: a text with history and completion, or one key."""

from collections.abc import Callable, Sequence

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Static

from termail.mime.sanitize import clean_line

# What Textual's field does by its own bindings, which would need the focus: key → action.
_FIELD_KEYS = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and "(" not in binding.action and binding.action != "submit"
    for key in binding.key.split(",")
}

Complete = Callable[[str], Sequence[str]]


class Cover(Highlighter):
    """Draws what is typed as an audience may see it, where the app has one; letter for letter, so that the
    cursor stays where it is."""

    def __init__(self, discreet: Callable[[str], str]) -> None:
        self._discreet = discreet

    def highlight(self, text: Text) -> None:
        shown = self._discreet(text.plain)
        if len(shown) == len(text.plain):
            text.plain = shown


class Prompt(Horizontal):
    """Hidden until `ask` or `ask_key`; then calls `answered` once, with None when the user left by Esc or ^G.

    A call and not a message: a message would wait behind the keys that were typed after the answer.
    Up and Down walk the history, Tab completes. An offered default goes when the first key is a character,
    as in mutt; any other first key (an arrow, Tab, Enter) takes it.
    """

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $mail-bar-background; }
    Prompt.asking { display: block; }
    Prompt > Static { width: auto; height: 1; padding: 0 0 0 1; color: $mail-accent; }
    Prompt > Input, Prompt > Input:focus {
        height: 1; border: none; padding: 0; background: $mail-bar-background; color: $mail-bar-text;
        background-tint: transparent 0%;
    }
    Prompt > #completions { color: $mail-dim; padding: 0 1; }
    """

    def __init__(
        self, answered: Callable[[str | None], None], histories: dict[str, list[str]], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._answered = answered
        self._histories = histories
        self._history: list[str] = []
        self._history_at = 0
        self._complete: Complete | None = None
        self._offers: list[str] = []
        self._offer_at = -1
        self._letters = ""
        self._default = ""
        self._is_offer = False
        self._changed: Callable[[str], None] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="label", markup=False)
        yield Input(id="answer", select_on_focus=False, compact=True, highlighter=Cover(self._discreet))
        yield Static(id="completions", markup=False)

    def _discreet(self, text: str) -> str:
        discreet = getattr(self.app, "discreet", None)
        return text if discreet is None else str(discreet(text))

    @property
    def is_asking(self) -> bool:
        return self.has_class("asking")

    @property
    def wants_key(self) -> bool:
        """One key is the answer: the screen hands it to `answer_key`."""
        return self.is_asking and bool(self._letters)

    @property
    def wants_text(self) -> bool:
        """A line is the answer: the screen hands keys to `take_key` and pasted text to `take_text`."""
        return self.is_asking and not self._letters

    @property
    def label(self) -> str:
        """What is asked, for tests."""
        return str(self.query_one("#label", Static).content) if self.is_asking else ""

    def ask(
        self,
        label: str,
        default: str = "",
        *,
        history: str = "",
        complete: Complete | None = None,
        secret: bool = False,
        offered: bool = False,
        changed: Callable[[str], None] | None = None,
    ) -> None:
        """Ask for a line of text; an `offered` default is replaced by what is typed. `changed` hears of every
        change on the way to the answer."""
        self._changed = changed
        self._is_offer = offered
        self._letters, self._complete, self._offers = "", complete, []
        self._history = self._histories.setdefault(history, []) if history else []
        self._history_at = len(self._history)
        field = self._show(label)
        field.display = True
        field.password = secret
        field.value = clean_line(default)
        field.cursor_position = len(field.value)
        self.screen.set_focus(field)

    def ask_key(self, label: str, letters: str, default: str = "") -> None:
        """Ask for one of `letters`; Enter means `default`."""
        self._letters, self._default = letters, default
        self._show(label).display = False

    def answer_key(self, stroke: str) -> None:
        """The key that answers `ask_key`; other keys are ignored."""
        if stroke in ("Esc", "^G"):
            self._finish(None)
        elif stroke == "Enter" and self._default:
            self._finish(self._default)
        elif stroke in self._letters:
            self._finish(stroke)
        elif stroke.lower() in self._letters:
            self._finish(stroke.lower())

    def take_text(self, text: str) -> None:
        """Pasted text."""
        self._offers = []
        field = self.query_one("#answer", Input)
        self._drop_offer(field)
        field.insert_text_at_cursor(clean_line(text))

    def take_key(self, event: events.Key) -> None:
        """A key of the answer. The screen calls this: the focus follows a question only after a drawing."""
        field = self.query_one("#answer", Input)
        if self._is_taken(event.key, field):
            field.cursor_position = len(field.value)
            self._is_offer = False
            return
        self._offers = []
        if event.key in _FIELD_KEYS:
            getattr(field, f"action_{_FIELD_KEYS[event.key]}")()
        elif event.is_printable and event.character:
            self._drop_offer(field)
            field.insert_text_at_cursor(event.character)
        self._is_offer = False

    def _drop_offer(self, field: Input) -> None:
        if self._is_offer:
            field.value, self._is_offer = "", False

    def cancel(self) -> None:
        """As if Esc was pressed."""
        if self.is_asking:
            self._finish(None)

    def _show(self, label: str) -> Input:
        self.query_one("#label", Static).update(self._discreet(clean_line(label)))
        self.query_one("#completions", Static).update("")
        self.add_class("asking")
        return self.query_one("#answer", Input)

    def _finish(self, answer: str | None) -> None:
        self.remove_class("asking")
        self._letters, self._complete, self._changed = "", None, None
        self._answered(answer)

    def _submit(self, field: Input) -> None:
        text = field.value
        if text and not field.password and (not self._history or self._history[-1] != text):
            self._history.append(text)
        self._finish(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is pasted may hold anything."""
        event.stop()
        clean = clean_line(event.value)
        if clean != event.value:
            event.input.value = clean
        elif self._changed is not None and self.is_asking:
            self._changed(clean)

    def _is_taken(self, key: str, field: Input) -> bool:
        """Enter, Esc, Tab and the history are the prompt's."""
        match key:
            case "enter":
                self._submit(field)
            case "escape" | "ctrl+g" | "ctrl+c":
                self._finish(None)
            case "up" if self._history_at > 0:
                self._history_at -= 1
                field.value = self._history[self._history_at]
            case "down" if self._history_at < len(self._history):
                self._history_at += 1
                field.value = self._history[self._history_at] if self._history_at < len(self._history) else ""
            case "tab":
                self._complete_next(field)
            case _:
                return False
        return True

    def _complete_next(self, field: Input) -> None:
        """First Tab: as far as all offers agree; then one after the other."""
        if self._complete is None:
            return
        if not self._offers:
            offers = self._complete(field.value)
            self._offers, self._offer_at = [offer for offer in offers if clean_line(offer) == offer], -1
            common = _common_start(self._offers)
            if len(common) > len(field.value):
                field.value = common
        elif self._offers:
            self._offer_at = (self._offer_at + 1) % len(self._offers)
            field.value = self._offers[self._offer_at]
        shown = "  ".join(clean_line(offer) for offer in self._offers[:8]) if len(self._offers) > 1 else ""
        self.query_one("#completions", Static).update(self._discreet(shown))
        if len(self._offers) == 1:
            self._offers = []


def _common_start(words: Sequence[str]) -> str:
    if not words:
        return ""
    first, last = min(words), max(words)
    at = 0
    while at < min(len(first), len(last)) and first[at] == last[at]:
        at += 1
    return first[:at]
