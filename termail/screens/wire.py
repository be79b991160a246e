"""The wire view: the dialogue of every connection on the whole screen, each line explained on demand."""

import asyncio
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec
from textual.app import ComposeResult

from termail.classroom.explain.note import Note
from termail.classroom.explain.reader import explain
from termail.classroom.export.formats import FORMATS, write_as
from termail.classroom.wire_line import Spoken
from termail.classroom.wire_log import MINE, WireFilter
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.files import write_new
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.screens.wire_lines import said, said_role, state_runs
from termail.widgets.ink import Run, fit
from termail.widgets.wire_list import WireList
from termail.widgets.wire_pane import WireRow
from termail.widgets.words import Words

EXPLAINED_LINES = 7


class WireScreen(MailScreen):
    """Follows what comes while its last line is selected."""

    CONTEXT = Context.WIRE
    HINTS = (
        ("wire-explain", "explain"),
        ("wire-place", "whose"),
        ("wire-connection", "connection"),
        ("wire-pause", "pause"),
        ("wire-step", "step"),
        ("wire-slow", "slow"),
        ("wire-tls", "TLS"),
        ("wire-export", "save"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._shown: list[Spoken] = []
        self._explains = True
        self.list = WireList(lambda: len(self._shown), self._row, id="work")
        self.words = Words(id="explained")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list
        yield self.words

    def on_mount(self) -> None:
        """The latest line first."""
        self.wire_moved()
        self.call_after_refresh(self._to_the_end)

    def _to_the_end(self) -> None:
        self.list.cursor = max(0, len(self._shown) - 1)
        self._explain()

    def _show_wire(self) -> None:
        """The pane has no place here."""
        self.pace_wire()

    def _row(self, at: int) -> WireRow:
        return self.wire_row(self._shown[at])

    # --- what comes

    def hear_wire(self, *, shows: bool) -> None:
        if not self.is_attached:
            return
        if shows:
            follows = self.list.is_at_end
            self._shown.append(self.services.heard.wire.said[-1])
            self.list.lines_changed()
            if follows:
                self.list.cursor = len(self._shown) - 1
        self.show_title()

    def wire_moved(self) -> None:
        follows = self.list.is_at_end
        chosen = self._selected()
        self._shown = self.services.heard.wire.shown()
        self.list.lines_changed()
        if follows or chosen not in self._shown:
            self.list.cursor = max(0, len(self._shown) - 1)
        else:
            self.list.cursor = self._shown.index(chosen)
        self._explain()
        self.show_title()

    # --- bars and explanations

    def title_runs(self) -> tuple[Run, ...]:
        wire = self.services.heard.wire
        words = {MINE: "this client", "": "everybody"}.get(wire.only.words, wire.only.words)
        count = len(self._shown)
        return (
            ("Wire", "strong"),
            (f" · {clean_line(words)}", "accent"),
            (f" · {count:,} line{'' if count == 1 else 's'}", "dim"),
            *state_runs(wire),
        )

    def on_select_list_cursor_moved(self, event: WireList.CursorMoved) -> None:
        """The explanation follows the selection."""
        self._explain()

    def _explain(self) -> None:
        line = self._selected()
        if not self._explains or line is None:
            self.words.put([], [])
            return
        width = max(20, self.size.width - 2)
        self.words.put(_about(line), self._explained(line, width)[:EXPLAINED_LINES], height=EXPLAINED_LINES)

    def _explained(self, line: Spoken, width: int) -> list[list[Run]]:
        notes = explain(line.protocol, line.direction, line.text, is_content=line.is_content)
        lines: list[list[Run]] = [[(piece, said_role(line))] for piece in wrap(said(line), width)[:2]]
        cause = self.services.cause_of(line)
        if cause:
            operation = f" · operation {line.operation_id} of the journal" if line.operation_id else ""
            lines.append([(cause, "tagged"), (operation, "dim")])
        if not notes:
            lines.append([("no table knows this line", "dim")])
        for at, note in enumerate(notes):
            lines += _note_lines(note, width, is_first=at == 0)
        return lines

    def _selected(self) -> Spoken | None:
        return self._shown[self.list.cursor] if self.list.cursor < len(self._shown) else None

    # --- commands

    def do_select_entry(self, argument: str) -> None:
        self.do_wire_explain(argument)

    def do_wire_explain(self, argument: str) -> None:
        self._explains = not self._explains
        self._explain()
        self.call_after_refresh(self.list.keep_in_sight)

    def do_wire_connection(self, argument: str) -> None:
        self._toggle("connection", self._need().conversation, None)

    def do_wire_message(self, argument: str) -> None:
        line = self._need()
        name = line.message_id or line.queue_id
        if not name and not self.services.heard.wire.only.message:
            raise CommandError("This line is not known to belong to a message.")
        self._toggle("message", name, "")

    def do_wire_agent(self, argument: str) -> None:
        self._toggle("agent", self._need().agent, "")

    def do_wire_protocol(self, argument: str) -> None:
        self._toggle("protocol", self._need().protocol, "")

    def do_wire_all(self, argument: str) -> None:
        self.services.heard.wire.only = WireFilter()
        self.wire_moved()

    def do_journey(self, argument: str) -> None:
        line = self._need()
        if not line.message_id:
            raise CommandError("This line is not known to belong to a message.")
        self.go("journey of", line.message_id)

    async def do_wire_export(self, argument: str) -> None:
        endings = " ".join(f".{ending}" for ending in FORMATS)
        name = argument or await self.ask(f"Save these lines to ({endings}): ", "dialogue.txt", history="file")
        lines = [msgspec.structs.replace(line, text=said(line)) for line in self._shown]
        path = await asyncio.to_thread(lambda: write_new(Path(name).expanduser(), write_as(name, lines)))
        self.tell(f"{len(self._shown)} lines saved to {path}.")

    def _toggle(self, field: str, value: Any, empty: Any) -> None:
        """Narrow to what the selected line has, or widen again."""
        wire = self.services.heard.wire
        wire.only = replace(wire.only, **{field: empty if getattr(wire.only, field) else value})
        self.wire_moved()

    def _need(self) -> Spoken:
        line = self._selected()
        if line is None:
            raise CommandError("Nothing was said yet.")
        return line


def _about(line: Spoken) -> list[Run]:
    """Where the line was said, and what hides it."""
    where = " · ".join(part for part in (line.place, line.connection, line.peer) if part)
    runs: list[Run] = [(clean_line(where), "text")]
    if line.protocol == "tls":
        runs.append((" · beneath the dialogue", "dim"))
    elif line.is_encrypted:
        runs.append((" · inside TLS", "ok"))
    elif line.direction:
        runs.append((" · in the clear: everyone on the way can read it", "warning"))
    return runs


def _note_lines(note: Note, width: int, *, is_first: bool) -> list[list[Run]]:
    head: list[Run] = [
        (f"{fit(note.word, 14)} " if note.word else "", "strong"),
        (note.brief, "text"),
        (f"  {note.source}" if note.source else "", "link"),
    ]
    lines = [head]
    if note.meaning and is_first:
        lines += [[(f"{'':15}{piece}", "dim")] for piece in wrap(note.meaning, max(20, width - 16))]
    return lines
