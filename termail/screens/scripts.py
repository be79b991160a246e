"""The screen of an account's Sieve scripts on its server: edit, check, trace, upload, activate."""

import asyncio
import os
from typing import Final

from termail.agent.messages import ScriptsAnswered
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.outside import edit_outside, editor_of
from termail.screens.reports import Report
from termail.screens.script_trace import trace_lines
from termail.screens.services import Services
from termail.widgets.ink import Run

FIRST_SCRIPT: Final = """# A Sieve script: what your server does with mail that comes for you.
require ["fileinto", "mailbox"];

# if header :contains "list-id" "example" {
#     fileinto :create "Lists";
# }
"""


EDIT_AGAIN: Final = "· Edit again?"


class ScriptsScreen(Report):
    """Read anew from the server at every step. `message_id` is the message to trace, 0 for none."""

    CONTEXT = Context.SCRIPTS
    EMPTY = "No scripts yet: a makes one."
    HINTS = (
        ("select-entry", "activate"),
        ("edit-script", "edit"),
        ("check-script", "check"),
        ("trace-script", "trace"),
        ("new-script", "new"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services, account: str, message_id: int = 0, subject: str = "") -> None:
        super().__init__(services)
        self._account = account
        self._message_id = message_id
        self._subject = subject
        self._known = ScriptsAnswered(request=0)
        self._is_asking = True
        self.TITLE_TEXT = f"Sieve scripts · {clean_line(account)}"

    def on_mount(self) -> None:
        """The server is asked behind the first picture."""
        super().on_mount()
        self.run_worker(self.guard(self._ask_first()), name="scripts", group="listing", exit_on_error=False)

    async def _ask_first(self) -> None:
        try:
            await self._ask("list")
        finally:
            self._is_asking = False
            self.read()

    def report_lines(self) -> list[list[Run]]:
        if self._is_asking and not self._known.names:
            return [[("  The server is asked…", "dim")]]
        return [
            [
                (" ● " if name == self._known.active else "   ", "ok"),
                (clean_line(name), "strong" if name == self._known.active else "text"),
                ("  active: it sorts the mail that comes" if name == self._known.active else "", "dim"),
            ]
            for name in self._known.names
        ]

    # --- the server

    async def _ask(self, verb: str, name: str = "", text: str = "") -> ScriptsAnswered:
        """Raises LookupError with the server's reason."""
        answer = await self.services.scripts(self._account, verb, name, text)
        self._known = answer
        self.read()
        return answer

    def _selected(self) -> str:
        if not self._known.names:
            raise CommandError(self.EMPTY)
        return self._known.names[min(self.list.cursor, len(self._known.names) - 1)]

    # --- commands

    async def do_select_entry(self, argument: str) -> None:
        name = self._selected()
        if name == self._known.active:
            await self._ask("activate", "")
            self.tell(f"{name} is no longer active: mail goes to the inbox.")
        else:
            await self._ask("activate", name)
            self.tell(f"{name} sorts the mail from now on.", "ok")

    async def do_edit_script(self, argument: str) -> None:
        name = self._selected()
        answer = await self._ask("get", name)
        await self._edit(name, answer.text)

    async def do_new_script(self, argument: str) -> None:
        name = argument or await self.ask("Name of the new script: ", "main", offered=True)
        if name in self._known.names:
            raise CommandError(f"There is a script {name} already: e edits it.")
        await self._edit(name, FIRST_SCRIPT, is_new=True)

    async def _edit(self, name: str, before: str, *, is_new: bool = False) -> None:
        """The text is put away only when the server took it, or the user gives it up."""
        text = before
        while True:
            changed = await self._edited(name, text)
            if changed is None or (changed == before and not is_new):
                self.tell("The script is as it was.")
                return
            text = changed
            try:
                await self._ask("put", name, text)
            except LookupError as error:
                room = max(self.size.width - len(EDIT_AGAIN) - 16, 20)
                if not await self.confirm(f"{shortened(clean_line(str(error)), room)} {EDIT_AGAIN}"):
                    return
            else:
                self.tell(f"{name} is stored.", "ok")
                return

    async def _edited(self, name: str, text: str) -> str | None:
        editor = editor_of(dict(os.environ), self.services.settings.ui.editor)
        if not editor:
            edited: str | None = await self.visit("editor", text, name)
            return edited
        with self.suspend():
            changed = edit_outside(editor, text)
        self.refresh(layout=True)
        return changed

    async def do_check_script(self, argument: str) -> None:
        name = self._selected()
        answer = await self._ask("get", name)
        await self._ask("check", name, answer.text)
        self.tell(f"{name} is correct.", "ok")

    async def do_trace_script(self, argument: str) -> None:
        if not self._message_id:
            raise CommandError("Open the scripts from a message (M-k in the index or the pager) to trace it.")
        name = self._selected()
        answer = await self._ask("get", name)
        raw = await self.services.body(self._message_id)
        folders = [folder.name for folder in self.services.store.folders() if folder.account == self._account]
        address = self.services.account(self._account).address
        lines = await asyncio.to_thread(trace_lines, answer.text, raw, address, folders)
        self.go("text", f"{name} and {self._subject or 'this message'}", lines)

    async def do_rename_script(self, argument: str) -> None:
        name = self._selected()
        new = argument or await self.ask("New name: ", name)
        await self._ask("rename", name, new)
        self.tell(f"{name} is called {new} now.")

    async def do_delete_script(self, argument: str) -> None:
        name = self._selected()
        if await self.confirm(f"Delete the script {clean_line(name)}?", default=False):
            await self._ask("delete", name)
            self.tell(f"{name} is deleted.")


def shortened(text: str, most: int) -> str:
    """What fits beside a question."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
