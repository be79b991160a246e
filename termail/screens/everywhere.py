"""The commands that work on every screen: help, the command line, the palette, other views, undo."""

from collections.abc import Callable

from termail.agent.messages import StopAgent, SyncNow
from termail.commands import COMMANDS
from termail.mime.sanitize import clean_line
from termail.screens.classroom_keys import ClassroomKeys
from termail.screens.desk import CommandError
from termail.screens.mail_screen import MailScreen
from termail.themes import THEMES


class Everywhere(ClassroomKeys):
    """A helper of every screen; `after_undo` lets a screen read its rows again."""

    def __init__(self, screen: MailScreen, after_undo: Callable[[], None] | None = None) -> None:
        super().__init__(screen)
        self._after_undo = after_undo

    async def do_help(self, argument: str) -> None:
        command = await self._screen.visit("help", self._screen.CONTEXT)
        if command:
            self._screen.run_command(command)

    def do_quit(self, argument: str) -> None:
        self._screen.dismiss(None)

    def do_redraw(self, argument: str) -> None:
        self._screen.refresh(layout=True, repaint=True)

    async def do_enter_command(self, argument: str) -> None:
        names = sorted(COMMANDS)
        line = await self._screen.ask(
            ":", history="command", complete=lambda text: [name for name in names if name.startswith(text)]
        )
        name, _, rest = line.strip().partition(" ")
        if not name:
            return
        if name not in COMMANDS:
            starting = [command for command in names if command.startswith(name)]
            if len(starting) != 1:
                hint = f"; it could be {', '.join(starting[:6])}" if starting else "; Tab shows the names"
                raise CommandError(f"No command is called {name!r}{hint}.")
            name = starting[0]
        self._screen.run_command(name, rest.strip())

    def do_command_palette(self, argument: str) -> None:
        self._screen.app.action_command_palette()

    async def do_shell_escape(self, argument: str) -> None:
        command = argument or await self._screen.ask("Shell command: ", history="shell")
        self._screen.outside(command or "${SHELL:-/bin/sh}")

    async def do_sync_now(self, argument: str) -> None:
        await self._screen.services.agent.send(SyncNow())
        self._screen.tell("Checking all accounts.")

    async def do_undo(self, argument: str) -> None:
        services = self._screen.services
        if services.last_sent.outbox_id:
            outbox_id, services.last_sent.outbox_id = services.last_sent.outbox_id, 0
            account = next((item.account for item in services.store.outbox() if item.outbox_id == outbox_id), "")
            raw = services.store.cancel_outbox(outbox_id)
            if raw is not None:
                self._screen.tell("The mail was taken back.")
                self._screen.go("compose from raw", raw, account)
                return
            self._screen.tell("Too late: the mail is on its way. X again undoes the action before it.", "warning")
            return
        done = services.store.undo()
        self._screen.tell(f"Undone: {clean_line(done)}.")
        if self._after_undo is not None:
            self._after_undo()
        await services.work_waits()

    def do_outbox(self, argument: str) -> None:
        self._screen.go("outbox")

    def do_operations(self, argument: str) -> None:
        self._screen.go("operations")

    def do_log(self, argument: str) -> None:
        self._screen.go("log")

    async def do_reload_settings(self, argument: str) -> None:
        accounts = self._screen.services.settings.accounts
        self._screen.services.reload()
        if self._screen.services.settings.accounts != accounts:
            await self._screen.services.agent.send(
                StopAgent()
            )  # the next one, started at once, knows the new ones
        self._screen.tell("Settings read again.", "ok")

    async def do_theme(self, argument: str) -> None:
        names = list(THEMES)
        name = argument or await self._screen.ask(
            "Theme: ", history="theme", complete=lambda text: [name for name in names if name.startswith(text)]
        )
        if name not in THEMES:
            raise CommandError(f"No theme is called {name!r}; there are {', '.join(names)}.")
        self._screen.app.theme = name
