"""Reports: lists one looks at and leaves (outbox, operations, drafts, messages of the session, help)."""

import time
from abc import abstractmethod
from collections.abc import Awaitable, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult

from termail.agent.messages import OperationsChanged, OutboxChanged, ToUI
from termail.commands import GROUPS, Command, Context
from termail.guests import HOST_COMMANDS
from termail.mime.sanitize import clean_line
from termail.model.outbox import OutboxItem, OutboxState
from termail.screens.desk import CommandError
from termail.screens.drafts_desk import draft_entries, drop_draft
from termail.screens.everywhere import Everywhere
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.message_list import date_text, size_text
from termail.widgets.select_list import SelectList, TextList

WIDE_CELLS = 100


class Report(MailScreen):
    """A title and lines; subclasses say which."""

    CONTEXT = Context.LISTS
    TITLE_TEXT = ""
    EMPTY = "Nothing here."

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self, after_undo=self.read)]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Lines need the width."""
        self.call_after_refresh(self.read)

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.read()

    def read(self) -> None:
        """Read the lines again."""
        lines = self.report_lines()
        self.list.put_lines(lines or [[(f"  {self.EMPTY}", "dim")]])
        self.show_title()

    @abstractmethod
    def report_lines(self) -> list[list[Run]]:
        """The lines now."""

    def title_runs(self) -> tuple[Run, ...]:
        return ((self.TITLE_TEXT, "strong"),)

    def on_select_list_line_opened(self, event: SelectList.LineOpened) -> None:
        """A double click opens."""
        event.stop()
        self.run_command("select-entry")

    def do_select_entry(self, argument: str) -> Awaitable[None] | None:
        """Nothing to open, unless a subclass knows better."""
        return None

    def do_exit(self, argument: str) -> None:
        self.dismiss(None)


_OUTBOX_ROLES = {
    OutboxState.FAILED: "error",
    OutboxState.POSSIBLY_SENT: "warning",
    OutboxState.DEFERRED: "warning",
    OutboxState.SENT: "ok",
}


class OutboxScreen(Report):
    """Every message on its way out, with what the server said last."""

    TITLE_TEXT = "Outbox"
    EMPTY = "No mail on its way out."
    HINTS = (
        ("select-entry", "dialogue"),
        ("cancel-entry", "take back, edit"),
        ("retry-entry", "try now"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def report_lines(self) -> list[list[Run]]:
        now = self.services.clock()
        self._items = self.services.store.outbox()
        return [self._outbox_line(item, now) for item in self._items]

    def _outbox_line(self, item: OutboxItem, now: float) -> list[Run]:
        """In a narrow terminal the size goes, and subject and people are cut, so that the reason is to be seen."""
        is_wide = self.list.size.width >= WIDE_CELLS
        note, subject = _outbox_note(item, now), clean_line(item.subject) or "(no subject)"
        if note:
            subject = fit(subject, min(cell_len(subject), 32 if is_wide else 15))
        return [
            (f" {fit(item.state.value, 14)}", _OUTBOX_ROLES.get(item.state, "accent")),
            (fit(date_text(item.queued, now), 8), "dim"),
            (f"{size_text(item.size_octets):>5}  " if is_wide else "", "dim"),
            (fit(clean_line(", ".join(item.recipients)), 28 if is_wide else 15) + "  ", "text"),
            (subject, "strong"),
            (note, "dim"),
        ]

    def heard(self, message: ToUI) -> None:
        """States change in place."""
        super().heard(message)
        if isinstance(message, OutboxChanged):
            self.read()

    def do_select_entry(self, argument: str) -> None:
        item = self._selected()
        lines = [*item.reports, *([""] if item.reports else [])]
        lines += item.transcript or [item.reason or "No attempt was made yet."]
        self.go("text", f"SMTP dialogue of {item.subject or 'this message'}", lines)

    async def do_cancel_entry(self, argument: str) -> None:
        item = self._selected()
        raw = self.services.store.cancel_outbox(item.outbox_id)
        if raw is None:
            raise CommandError("Too late to take it back.")
        self.read()
        self.go("compose from raw", raw, item.account)

    async def do_retry_entry(self, argument: str) -> None:
        item = self._selected()
        if item.state is OutboxState.POSSIBLY_SENT and not await self.confirm(
            "It may have arrived already: send it again?", default=False
        ):
            return
        if not self.services.store.requeue_outbox(item.outbox_id):
            raise CommandError("It is being sent, or was.")
        await self.services.work_waits()
        self.tell("It is tried now.")
        self.read()

    def do_journey(self, argument: str) -> None:
        self.go("journey of", self._selected().message_id_header)

    def _selected(self) -> OutboxItem:
        if not self._items:
            raise CommandError(self.EMPTY)
        return self._items[min(self.list.cursor, len(self._items) - 1)]


class OperationsScreen(Report):
    """What was done here and waits to reach the server, and what the server refused."""

    TITLE_TEXT = "Operations"
    EMPTY = "Everything has reached the server."
    HINTS = (("cancel-entry", "undo"), ("sync-now", "try now"), ("quit", "back"), ("help", "keys"))

    def report_lines(self) -> list[list[Run]]:
        now = self.services.clock()
        self._operations = list(reversed(self.services.store.operations(include_done=True)))
        roles = {"failed": "error", "running": "accent", "pending": "accent", "done": "ok", "undone": "dim"}
        return [
            [
                (f" {fit(operation.state, 9)}", roles.get(operation.state, "text")),
                (fit(date_text(operation.created, now), 8), "dim"),
                (fit(clean_line(operation.account), 12) + "  ", "dim"),
                (clean_line(operation.summary) or type(operation.action).__name__, "text"),
                (
                    f"  {_next_try(operation.next_try, now)}{clean_line(operation.reason)}"
                    if operation.reason
                    else "",
                    "dim",
                ),
            ]
            for operation in self._operations
        ]

    def heard(self, message: ToUI) -> None:
        """States change in place."""
        super().heard(message)
        if isinstance(message, OperationsChanged):
            self.read()

    async def do_cancel_entry(self, argument: str) -> None:
        if not self._operations:
            raise CommandError(self.EMPTY)
        operation = self._operations[min(self.list.cursor, len(self._operations) - 1)]
        done = self.services.store.undo(operation.operation_id)
        self.tell(f"Undone: {clean_line(done)}.")
        self.read()
        await self.services.work_waits()


class DraftsScreen(Report):
    """The postponed messages. Returns the one chosen, or None."""

    TITLE_TEXT = "Postponed messages"
    EMPTY = "No postponed messages."
    HINTS = (("select-entry", "go on"), ("cancel-entry", "delete"), ("quit", "back"), ("help", "keys"))

    def report_lines(self) -> list[list[Run]]:
        self._drafts = draft_entries(self.services)
        return [
            [
                (f"  {fit(entry.to or '(nobody yet)', 30)}  ", "text"),
                (entry.subject or "(no subject)", "strong"),
                ("  in Drafts" if entry.message_id else "", "dim"),
            ]
            for entry in self._drafts
        ]

    def do_select_entry(self, argument: str) -> None:
        self.dismiss(self._drafts[min(self.list.cursor, len(self._drafts) - 1)] if self._drafts else None)

    async def do_cancel_entry(self, argument: str) -> None:
        if self._drafts and await self.confirm("Delete this draft?", default=False):
            entry = self._drafts[min(self.list.cursor, len(self._drafts) - 1)]
            drop_draft(self.services, entry.account, entry.draft_id, entry.message_id)
            await self.services.work_waits()
            self.read()


class PeopleScreen(Report):
    """Mailboxes found in the address book. Returns the one chosen, or None."""

    TITLE_TEXT = "People"
    HINTS = (("select-entry", "write"), ("search", "find"), ("quit", "back"))

    def __init__(self, services: Services, mailboxes: Sequence[str]) -> None:
        super().__init__(services)
        self._mailboxes = mailboxes

    def report_lines(self) -> list[list[Run]]:
        return [[("  ", "text"), (clean_line(mailbox), "text")] for mailbox in self._mailboxes]

    def do_select_entry(self, argument: str) -> None:
        self.dismiss(self._mailboxes[self.list.cursor])


class LogScreen(Report):
    """What the client said in this session."""

    TITLE_TEXT = "Messages of this session"
    EMPTY = "Nothing was said yet."

    def report_lines(self) -> list[list[Run]]:
        return [
            [(time.strftime(" %H:%M:%S  ", time.localtime(when)), "dim"), (clean_line(text), "text")]
            for when, text in reversed(self.services.heard.log)
        ]


class TextScreen(Report):
    """Plain lines under a title."""

    def __init__(self, services: Services, title: str, lines: Sequence[str]) -> None:
        super().__init__(services)
        self.TITLE_TEXT = clean_line(title)
        self._text_lines = lines

    def report_lines(self) -> list[list[Run]]:
        return [[("  ", "text"), (clean_line(line), _dialogue_role(line))] for line in self._text_lines]


class HelpScreen(Report):
    """The keys that work where `?` was pressed. Returns the command chosen, or None."""

    HINTS = (("select-entry", "do it"), ("search", "find"), ("quit", "back"))

    def __init__(self, services: Services, context: Context) -> None:
        super().__init__(services)
        self.TITLE_TEXT = f"Keys · {context.value}"
        self._place = context
        self._commands: list[str] = []

    def report_lines(self) -> list[list[Run]]:
        lines: list[list[Run]] = []
        self._commands = []
        keymap = self.services.keymap
        for title, group in GROUPS.items():
            bound = [(command, keymap.keys_of(self._place, command.name)) for command in group]
            shown = [
                (command, keys or ["digits"]) for command, keys in bound if keys or self._place in command.keys
            ]
            if self.services.is_guest:
                shown = [(command, keys) for command, keys in shown if command.name not in HOST_COMMANDS]
            if not shown:
                continue
            heading: list[list[Run]] = (
                [[(f" {title}", "accent")]] if not lines else [[], [(f" {title}", "accent")]]
            )
            lines += heading
            self._commands += [""] * len(heading)
            for command, keys in shown:
                lines.append(_help_line(keys, command, self.list.size.width))
                self._commands.append(command.name)
        macros = keymap.macros(self._place)
        if macros:
            lines += [[], [(" Your own", "accent")]]
            lines += [
                [(f"  {clean_line(keys):<14} ", "strong"), (clean_line(text), "text")] for keys, text in macros
            ]
            self._commands += [""] * (len(macros) + 2)
        return lines

    def do_select_entry(self, argument: str) -> None:
        at = self.list.cursor
        self.dismiss(self._commands[at] or None if at < len(self._commands) else None)


def _help_line(keys: list[str], command: Command, width: int) -> list[Run]:
    """Keys and meaning; the name for `:` at the right where there is room."""
    shown = " ".join(keys)
    line: list[Run] = [(f"  {shown:<14} ", "strong"), (command.help, "text")]
    gap = width - 2 - len(command.name) - sum(len(text) for text, _ in line)
    return [*line, (" " * gap + command.name, "dim")] if gap >= 2 else line


def _outbox_note(item: OutboxItem, now: float) -> str:
    """What else to know of it: what a report said, until when it is held, the last words of the server."""
    if item.reports:
        return f"  {clean_line(item.reports[-1])}"
    if item.state is OutboxState.QUEUED and item.not_before > now + 60:
        return time.strftime("  held until %a %d %b %H:%M", time.localtime(item.not_before))
    return f"  {_next_try(item.next_try, now)}{clean_line(item.reason)}" if item.reason else ""


def _next_try(when: float, now: float) -> str:
    return f"again {time.strftime('%H:%M', time.localtime(when))} · " if when > now else ""


def _dialogue_role(line: str) -> str:
    return "accent" if line.startswith("C:") else "text"
