"""The screen before the first sync: there is no folder yet, and this says what happens."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.widgets import Static

from termail.agent.messages import FoldersChanged, ToUI
from termail.commands import Context
from termail.screens.later import Later
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run


class WaitingScreen(MailScreen):
    """Gives way to the index as soon as the agent brought the folders."""

    CONTEXT = Context.LISTS
    HINTS = (("wire", "wire"), ("log", "messages"), ("quit", "quit"))
    DEFAULT_CSS = """
    WaitingScreen > #words { height: 1fr; padding: 1 2; color: $mail-dim; background: $mail-background; }
    """

    def __init__(self, services: Services, when_ready: Callable[[], None]) -> None:
        super().__init__(services)
        self._when_ready = when_ready
        self.helpers = [Later("termail.screens.everywhere", "Everywhere", self)]

    def compose_work(self) -> ComposeResult:
        accounts = ", ".join(self.services.account_names)
        words = (
            f"Fetching the folders of {accounts}…"
            if accounts
            else "No account yet: `termail account add` makes one."
        )
        yield Static(words, id="words", markup=False)

    def title_runs(self) -> tuple[Run, ...]:
        return (("termail", "strong"),)

    def heard(self, message: ToUI) -> None:
        """Folders came."""
        super().heard(message)
        if isinstance(message, FoldersChanged) and self.services.store.folders():
            self._when_ready()

    def do_quit(self, argument: str) -> None:
        """There is nothing to go back to."""
        self.app.exit(0)
