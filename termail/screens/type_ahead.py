"""Typing ahead: keys wait until the screen they were meant for is ready for them."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from termail.screens.mail_screen import MailScreen

MAX_WAITING = 4096  # keys; a user who types more while nothing answers does not mean it
_INTERRUPTS = frozenset({"ctrl+g", "ctrl+c"})

Typed = events.Key | events.Paste


class TypeAhead:
    """mutt's way: a command that was begun finishes, asks, or opens its screen before the next key is looked at.

    `forward` is Textual's own way of a key, for screens that are not ours (the editor, the palette).
    """

    def __init__(self, app: App[Any], forward: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app, self._forward = app, forward
        self._waiting: deque[Typed] = deque()
        self._is_delivering = False
        self._travelling: Screen[Any] | None = None  # the foreign screen a key is on its way through

    @property
    def is_idle(self) -> bool:
        """Nothing typed waits, and the screen is ready for more."""
        return not self._waiting and not self._is_delivering and self._is_ready()

    async def take(self, event: Typed) -> None:
        """A key came from the terminal."""
        screen = self._app.screen
        if isinstance(event, events.Key) and event.key in _INTERRUPTS and not self._is_ready():
            self._waiting.clear()
            if isinstance(screen, MailScreen):
                screen.interrupt()
            return
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(event)
        await self.deliver()

    async def deliver(self) -> None:
        """Hand on what waits, one key at a time, as long as somebody is ready."""
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while self._waiting and self._is_ready():
                await self._hand_over(self._waiting.popleft())
        finally:
            self._is_delivering = False
        if self._waiting and not isinstance(self._app.screen, MailScreen) and self._travelling is None:
            self._app.screen.call_after_refresh(self.deliver)  # a foreign screen does not say when it is ready

    def _is_ready(self) -> bool:
        if not self._app.screen_stack:
            return False
        screen = self._app.screen
        if isinstance(screen, MailScreen):
            return screen.is_ready
        return screen.focused is not None and self._travelling is not screen

    async def _hand_over(self, event: Typed) -> None:
        screen = self._app.screen
        if not isinstance(screen, MailScreen):
            await self._forward(event)
            self._follow(screen)
        elif isinstance(event, events.Paste):
            screen.take_paste(event.text)
        else:
            screen.take_key(event)

    def _follow(self, screen: Screen[Any]) -> None:
        """A foreign screen passes a key from the focused widget upwards, node by node: so does this."""
        self._travelling = screen
        nodes: list[DOMNode] = [*(screen.focused.ancestors_with_self if screen.focused else [screen])]

        def step(at: int) -> None:
            if at < len(nodes) and self._app.screen is screen:
                nodes[at].call_later(step, at + 1)
                return
            self._travelling = None
            self._app.call_later(self.deliver)

        step(0)
