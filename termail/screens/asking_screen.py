"""A screen that asks its user: a line of text, one key, or yes and no, at the bottom."""

import asyncio
from collections.abc import Callable, Sequence

from textual.message import Message

from termail.screens.classroom_screen import ClassroomScreen
from termail.screens.desk import Cancelled
from termail.screens.services import Services
from termail.widgets.bars import StatusBar
from termail.widgets.prompt import Prompt


class AskingScreen(ClassroomScreen, inherit_bindings=False):
    """One question at a time; the prompt stands in the place of the status bar."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.prompt = Prompt(self._take_answer, services.histories, id="prompt")
        self.status_bar = StatusBar(id="status")
        self._answer: asyncio.Future[str | None] | None = None

    class Ready(Message):
        """The next key may come."""

    async def ask(
        self,
        label: str,
        default: str = "",
        *,
        history: str = "",
        complete: Callable[[str], Sequence[str]] | None = None,
        secret: bool = False,
        offered: bool = False,
        changed: Callable[[str], None] | None = None,
    ) -> str:
        """A line of text at the bottom; an `offered` default is replaced by what is typed. Raises Cancelled."""
        self._begin_question()
        self.prompt.ask(
            label, default, history=history, complete=complete, secret=secret, offered=offered, changed=changed
        )
        self.post_message(self.Ready())
        return await self._answered()

    async def choose(self, label: str, letters: str, default: str = "") -> str:
        """One key. Raises Cancelled."""
        self._begin_question()
        self.prompt.ask_key(label, letters, default)
        self.post_message(self.Ready())
        return await self._answered()

    async def confirm(self, label: str, *, default: bool = True) -> bool:
        """mutt's ([yes]/no). Raises Cancelled."""
        answers = "([yes]/no)" if default else "(yes/[no])"
        return await self.choose(f"{label} {answers}: ", "yn", "y" if default else "n") == "y"

    def _begin_question(self) -> None:
        if self._answer is not None and not self._answer.done():
            raise Cancelled
        self._answer = asyncio.get_running_loop().create_future()
        self.status_bar.display = False

    async def _answered(self) -> str:
        assert self._answer is not None
        text = await self._answer
        if text is None:
            raise Cancelled
        return text

    def _take_answer(self, text: str | None) -> None:
        """Hand the answer to the command that asked."""
        self.status_bar.display = True
        for widget in self.query("#work"):
            self.set_focus(widget)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(text)
