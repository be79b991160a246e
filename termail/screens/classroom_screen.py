"""What the classroom adds to every screen: the wire pane, the narration bar, the keys that were pressed."""

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from termail.classroom.event import Event
from termail.classroom.wire_line import Spoken
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.lesson_lines import narration
from termail.screens.services import Services
from termail.screens.wire_lines import WIRE_HINTS, wire_row, wire_title
from termail.widgets.bars import key_hints
from termail.widgets.wire_pane import WirePane, WireRow
from termail.widgets.words import Words

PANE_LINES = 500


class ClassroomScreen(Screen[Any], inherit_bindings=False):
    """The part of every screen that shows what happens underneath; it never takes a key."""

    CONTEXT: ClassVar[Context] = Context.LISTS

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.wire_pane = WirePane(id="wire")
        self.narration = Words(id="narration")
        self.keys_bar = Words(id="keys")
        self._wire_clock: Timer | None = None

    def compose_classroom(self) -> ComposeResult:
        """Under the work, above the status bar."""
        yield self.wire_pane
        yield self.narration
        yield self.keys_bar

    def show_classroom(self) -> None:
        """All of it again: this screen is on top."""
        self.show_presenting()
        self._show_wire()
        self.show_lesson()
        self.show_keys()

    # --- who presents, and what is to be learned

    def show_keys(self) -> None:
        """While presenting: the keys that were pressed."""
        presenter = self.services.presenter
        self.keys_bar.put([], [presenter.key_runs()] if presenter.is_on else [])

    def show_presenting(self) -> None:
        """The presenter was switched on or off; a screen with a large layout takes it."""

    def show_lesson(self) -> None:
        """The narration bar: the step at hand, and what is still to do."""
        desk, words = self.services.lesson, self.services.presenter.words
        if not desk.is_running:
            self.narration.put([], [[(clean_line(words), "strong")]] if words else [])
            return
        key = self.services.keymap.first_key(self.CONTEXT, "lesson")
        self.narration.put(*narration(desk, self.size.width, key=key))

    # --- the wire

    async def toggle_wire(self) -> None:
        """Show or hide the protocol dialogue, here and on the screens that follow."""
        await self.show_wire(on=not self.services.wire_is_shown)

    async def show_wire(self, *, on: bool) -> None:
        """With it, the agent begins to tell every line; it goes on when the pane is hidden again."""
        self.services.wire_is_shown = on
        self._show_wire()
        if on:
            await self.services.watch_wire()

    def _show_wire(self) -> None:
        was_beside = self.wire_pane.has_class("beside") and self.wire_pane.has_class("shown")
        self.wire_pane.set_class(self.services.wire_is_beside, "beside")
        if self.services.wire_is_shown or self.wire_pane.has_class("shown"):
            self.wire_pane.set_class(self.services.wire_is_shown, "shown")
            self.show_dialogue()
        if was_beside != (self.services.wire_is_beside and self.services.wire_is_shown):
            self.call_after_refresh(self.post_message, events.Resize(self.size, self.size))  # texts wrap anew
        self.pace_wire()

    def pace_wire(self) -> None:
        """Slow motion has a clock of its own on the screen that is looked at."""
        if self._wire_clock is not None:
            self._wire_clock.stop()
            self._wire_clock = None
        pace = self.services.heard.wire.pace_seconds
        if pace:
            self._wire_clock = self.set_interval(pace, self._tick_wire)

    def show_dialogue(self) -> None:
        """The whole dialogue again: the pane opened, or shows another part of it."""
        wire = self.services.heard.wire
        lines = [self.wire_row(line) for line in wire.shown()[-PANE_LINES:]]
        keys = [(self.services.keymap.first_key(self.CONTEXT, name), text) for name, text in WIRE_HINTS]
        self.wire_pane.put_lines(lines, wire_title(wire), key_hints(keys))

    def wire_row(self, line: Spoken) -> WireRow:
        """One line of the dialogue, with what caused it."""
        with_place = self.services.heard.wire.only.place == "" or len(self.services.account_names) > 1
        return wire_row(line, self.services.cause_of(line), with_place=with_place)

    def hear_wire(self, *, shows: bool) -> None:
        """A line was added to the dialogue, which `shows` it at once or holds it back."""
        wire = self.services.heard.wire
        if not self.services.wire_is_shown or not self.is_current:
            return
        if shows:
            self.wire_pane.add_line(self.wire_row(wire.said[-1]))
        if shows or wire.is_held:
            self.wire_pane.put_title(wire_title(wire))

    def hear_event(self, event: Event) -> None:
        """Something happened in the practice world."""

    def _tick_wire(self) -> None:
        """Slow motion: one line at a time."""
        wire = self.services.heard.wire
        if self.is_current and wire.pace_seconds and not wire.is_paused and wire.tick():
            self.wire_moved()

    def wire_moved(self) -> None:
        """Lines that waited show now."""
        if self.services.wire_is_shown:
            self.show_dialogue()
