"""The parts of a message as a tree: look at them, save, pipe, print, forward them, fetch what is not here yet."""

import asyncio
import os
from pathlib import Path

from textual.app import ComposeResult

from termail.commands import Context
from termail.mime.attachment_names import safe_name
from termail.mime.display import display
from termail.mime.forward import attachment_of
from termail.mime.message import Part, parse_message
from termail.mime.outgoing import Draft
from termail.mime.part import as_message
from termail.mime.removal import without_part
from termail.mime.sanitize import clean_line, clean_text
from termail.mime.skeleton import missing_part, with_part
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.files import complete_path, free_path, target_path, write_new
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.message_changes import replace_message
from termail.screens.part_actions import files_of, open_html, save_all, show_by_mailcap
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.message_list import size_text
from termail.widgets.select_list import SelectList, TextList

MAX_SHOWN_LINES = 20_000


class AttachmentsScreen(MailScreen):
    """One line for each part, the tree by indentation."""

    CONTEXT = Context.ATTACHMENTS
    HINTS = (
        ("select-entry", "view"),
        ("save-attachment", "save"),
        ("save-attachments", "save all"),
        ("pipe-attachment", "pipe"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services, message_id: int) -> None:
        super().__init__(services)
        self._message_id = message_id
        self._root: Part | None = None
        self._parts: list[Part] = []
        self._collapsed: set[str] = set()
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Parse in a thread: the message may be large."""
        self.begin(self._read())

    async def _read(self) -> None:
        raw, is_partial = await self.services.shown_body(self._message_id)
        if not is_partial:
            raw = await self.services.readable(self._message_id)
        self._root = await asyncio.to_thread(parse_message, raw)
        self._show()
        for line, part in enumerate(self._parts):
            if part.filename or part.disposition == "attachment":
                self.list.cursor = line
                break
        self.show_title()

    def _show(self) -> None:
        assert self._root is not None
        self._parts = []
        waiting = [self._root]
        while waiting:
            part = waiting.pop()
            self._parts.append(part)
            if part.number not in self._collapsed:
                waiting.extend(reversed(part.children))
        self.list.put_lines([self._line(part) for part in self._parts])

    def _line(self, part: Part) -> list[Run]:
        level = part.number.count(".") if part.number else 0
        name = clean_line(part.filename) or ("" if part.children else "(no name)")
        missing = missing_part(part)
        size = missing.size_octets if missing else part.end - part.start
        hidden = "  …" if part.number in self._collapsed and part.children else ""
        return [
            (f" {fit(clean_line(part.number) or '·', 7)}", "dim"),
            (f"{size_text(size):>5}  ", "dim"),
            (fit("  " * level + clean_line(part.content_type) + hidden, 34), "text" if part.filename else "dim"),
            (name, "accent" if part.filename else "dim"),
            ("  not fetched yet" if missing else "", "dim"),
            (f"  {clean_line(part.problem)}" if part.problem else "", "warning"),
        ]

    def title_runs(self) -> tuple[Run, ...]:
        count = len(self._parts)
        return (("Parts", "strong"), (f" · {count} in this message", "dim"))

    def on_select_list_line_opened(self, event: SelectList.LineOpened) -> None:
        """A double click looks at it."""
        event.stop()
        self.run_command("select-entry")

    # --- the part meant

    def _selected(self) -> Part:
        if not self._parts:
            raise CommandError("There are no parts.")
        return self._parts[min(self.list.cursor, len(self._parts) - 1)]

    async def _whole(self, part: Part) -> Part:
        """The part with its octets; one that was left out is fetched alone, and seen so from now on."""
        missing = missing_part(part)
        if missing is None:
            return part
        self.tell(f"Fetching {clean_line(part.filename) or part.content_type}…")
        octets = await self.services.part(self._message_id, missing.section)
        self.tell("")
        return with_part(part, octets)

    async def _leaf(self) -> Part:
        part = self._selected()
        if part.is_multipart:
            raise CommandError("Parts stand below; select one of them.")
        return await self._whole(part)

    # --- commands

    async def do_select_entry(self, argument: str) -> None:
        part = await self._leaf()
        if part.content_type.startswith(("text/", "message/")):
            shown = await asyncio.to_thread(display, as_message(part), width=max(20, self.list.size.width - 4))
            texts = [line.text for line in shown.lines[:MAX_SHOWN_LINES]]
            self._text(part.filename or part.content_type, texts)
        else:
            await show_by_mailcap(self, part, self._text)

    async def do_view_mailcap(self, argument: str) -> None:
        await show_by_mailcap(self, await self._leaf(), self._text)

    async def do_view_text(self, argument: str) -> None:
        part = await self._leaf()
        self._text(part.filename or part.content_type, (await asyncio.to_thread(part.text)).split("\n"))

    async def do_view_raw(self, argument: str) -> None:
        part = await self._leaf()
        octets = part.body.replace(b"\r\n", b"\n")
        self._text(f"As it came · {len(octets):,} octets", octets.decode("utf-8", "backslashreplace").split("\n"))

    def _text(self, title: str, lines: list[str]) -> None:
        self.go("text", title, [clean_text(line) for line in lines[:MAX_SHOWN_LINES]])

    async def do_open_in_browser(self, argument: str) -> None:
        part = await self._leaf()
        if part.content_type != "text/html":
            raise CommandError("This part is no HTML.")
        await open_html(self, part)

    async def do_save_attachment(self, argument: str) -> None:
        part = self._selected()
        if self.services.is_guest:
            whole = await self._whole(part)
            self.deliver(safe_name(part.filename, f"part-{part.number}"), await asyncio.to_thread(whole.decoded))
            self.tell("Handed to the browser.")
            return
        default = free_path(Path(safe_name(part.filename, f"part-{part.number}")))
        typed = argument or await self.ask(
            "Save to file: ", str(default), history="file", complete=complete_path, offered=True
        )
        path = target_path(typed, part.filename, part.number)
        if free_path(path) != path:
            answer = await self.choose(f"{path} exists: (r)ename or (c)ancel? ", "rc", "r")
            if answer == "c":
                return
        whole = await self._whole(part)
        saved = await asyncio.to_thread(write_new, path, whole.decoded())
        self.tell(f"Saved {saved}.")

    async def do_save_attachments(self, argument: str) -> None:
        assert self._root is not None
        parts = [await self._whole(part) for part in files_of(self._root)]
        await save_all(self, parts, argument)

    async def do_pipe_attachment(self, argument: str) -> None:
        part = await self._leaf()
        command = argument or await self.ask("Pipe to command: ", history="shell")
        self._outside(command or os.devnull, part)

    async def do_print_message(self, argument: str) -> None:
        part = await self._leaf()
        command = self.services.settings.ui.print_command
        if await self.confirm(f"Print this part with {command}?", default=False):
            self._outside(command, part)

    def _outside(self, command: str, part: Part) -> None:
        status = self.outside(command, part.decoded())
        self.tell(f"The command ended with status {status}." if status else "")

    async def do_delete_attachment(self, argument: str) -> None:
        part = self._selected()
        name = clean_line(part.filename) or part.content_type
        if not await self.confirm(f"Take {name} out of the message for good?", default=False):
            return
        raw = await self.services.body(self._message_id)
        changed = await asyncio.to_thread(without_part, raw, part.number)
        (row,) = self.services.store.rows([self._message_id])
        replace_message(self.services, row, changed)
        await self.services.work_waits()
        self.dismiss(None)
        self.services.say_next(f"A message without {name} takes its place; the old one is marked as deleted.")

    async def do_forward_message(self, argument: str) -> None:
        part = await self._leaf()
        book = self.services.address_book
        to = book.expand(argument or await self.ask("To: ", history="address", complete=book.complete))
        (row,) = self.services.store.rows([self._message_id])
        folder = self.services.store.folder(row.folder_id)
        name = folder.account if folder is not None else ""
        account = name if name in self.services.account_names else self.services.account_names[0]
        draft = Draft(
            account=account,
            from_=self.services.account(account).from_,
            to=clean_line(to),
            subject=f"Fwd: {clean_line(part.filename) or clean_line(row.subject)}",
            attachments=(attachment_of(part),),
        )
        self.go("compose", draft)

    def do_collapse_parts(self, argument: str) -> None:
        part = self._selected()
        if not part.children:
            raise CommandError("Nothing stands below this part.")
        self._collapsed ^= {part.number}
        self._show()
