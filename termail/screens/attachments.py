"""The parts of a message: look at them, save them, pipe them."""

import asyncio
import os
from pathlib import Path

from textual.app import ComposeResult

from termail.commands import Context
from termail.mime.message import Part, parse_message
from termail.mime.sanitize import clean_line, clean_text
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.files import complete_path, free_path, safe_name, target_path, write_new
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.message_list import size_text
from termail.widgets.select_list import SelectList, TextList

MAX_SHOWN_LINES = 20_000


class AttachmentsScreen(MailScreen):
    """One line for each part, the tree by indentation."""

    CONTEXT = Context.ATTACHMENTS
    HINTS = (("select-entry", "view"), ("save-attachment", "save"), ("pipe-attachment", "pipe"), ("quit", "back"),
             ("help", "keys"))  # fmt: skip

    def __init__(self, services: Services, message_id: int) -> None:
        super().__init__(services)
        self._message_id = message_id
        self._parts: list[Part] = []
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Parse in a thread: the message may be large."""
        self.run_worker(self.guard(self._read()))

    async def _read(self) -> None:
        raw = await self.services.body(self._message_id)
        root = await asyncio.to_thread(parse_message, raw)
        self._parts = list(root.walk())
        self.list.put_lines([self._line(part) for part in self._parts])
        for line, part in enumerate(self._parts):
            if part.filename or part.disposition == "attachment":
                self.list.cursor = line
                break
        self.show_title()

    def _line(self, part: Part) -> list[Run]:
        level = part.number.count(".") if part.number else 0
        name = clean_line(part.filename) or ("" if part.children else "(no name)")
        return [
            (f" {fit(clean_line(part.number) or '·', 7)}", "dim"),
            (f"{size_text(len(part.body)):>5}  ", "dim"),
            (fit("  " * level + clean_line(part.content_type), 34), "text" if part.filename else "dim"),
            (name, "accent" if part.filename else "dim"),
            (f"  {clean_line(part.problem)}" if part.problem else "", "warning"),
        ]

    def title_runs(self) -> tuple[Run, ...]:
        count = len(self._parts)
        return (("Parts", "strong"), (f" · {count} in this message", "dim"))

    def on_select_list_line_opened(self, event: SelectList.LineOpened) -> None:
        """A double click looks at it."""
        event.stop()
        self.run_command("select-entry")

    # --- commands

    def _selected(self) -> Part:
        if not self._parts:
            raise CommandError("There are no parts.")
        return self._parts[min(self.list.cursor, len(self._parts) - 1)]

    async def do_select_entry(self, argument: str) -> None:
        part = self._selected()
        if part.children:
            raise CommandError("Parts stand below; select one of them.")
        if not part.content_type.startswith(("text/", "message/")):
            raise CommandError(f"{clean_line(part.content_type)} cannot be shown here; s saves it.")
        text = clean_text(await asyncio.to_thread(part.text))
        self.go("text", part.filename or part.content_type, text.split("\n")[:MAX_SHOWN_LINES])

    async def do_save_attachment(self, argument: str) -> None:
        part = self._selected()
        default = free_path(Path(safe_name(part.filename, part.number)))
        typed = argument or await self.ask(
            "Save to file: ", str(default), history="file", complete=complete_path, offered=True
        )
        path = target_path(typed, part.filename, part.number)
        if free_path(path) != path:
            answer = await self.choose(f"{path} exists: (r)ename or (c)ancel? ", "rc", "r")
            if answer == "c":
                return
        saved = await asyncio.to_thread(write_new, path, part.decoded())
        self.tell(f"Saved {saved}.")

    async def do_pipe_attachment(self, argument: str) -> None:
        part = self._selected()
        command = argument or await self.ask("Pipe to command: ", history="shell")
        status = self.outside(command or os.devnull, part.decoded())
        self.tell(f"The command ended with status {status}." if status else "")
