"""The anatomy of a message: envelope, header, MIME tree and body, line by line, each encoding undone."""

import asyncio
from textwrap import wrap

from textual.app import ComposeResult

from termail.classroom.anatomy.decoding import steps
from termail.classroom.anatomy.dissect import Anatomy, Cut, Kind, dissect
from termail.classroom.anatomy.notes import envelope_traces, note_of, travelling
from termail.commands import Context
from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.sanitize import clean_line
from termail.mime.trust import hops
from termail.screens.everywhere import Everywhere
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.ink import Run
from termail.widgets.message_list import size_text
from termail.widgets.wire_list import WireList
from termail.widgets.wire_pane import WireRow
from termail.widgets.words import Words

DETAIL_LINES = 7
_ROLES = {
    Kind.ENVELOPE: "flagged",
    Kind.FIELD: "accent",
    Kind.FOLD: "accent",
    Kind.DIVIDER: "dim",
    Kind.BOUNDARY: "warning",
    Kind.END: "warning",
    Kind.BODY: "text",
    Kind.OUTSIDE: "dim",
}
_GUTTER = {Kind.ENVELOPE: "E", Kind.FIELD: "H", Kind.FOLD: "H", Kind.BODY: "B"}
_EMPTY = Anatomy((), (), False)


class AnatomyScreen(MailScreen):
    """The left column says what a line belongs to: E envelope, H header, B body; rules are boundaries."""

    CONTEXT = Context.ANATOMY
    HINTS = (
        ("anatomy-next-part", "next part"),
        ("anatomy-tree", "tree"),
        ("anatomy-travel", "as it travels"),
        ("quit", "back"),
        ("help", "keys"),
    )

    def __init__(self, services: Services, row_id: int, subject: str) -> None:
        super().__init__(services)
        self._row_id, self._subject = row_id, subject
        self._anatomy = _EMPTY
        self._shows_tree = False
        self._travels = False
        self.list = WireList(self._count, self._row, id="work")
        self.words = Words(id="detail")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self)]

    def compose_work(self) -> ComposeResult:
        yield self.list
        yield self.words

    def on_mount(self) -> None:
        """Taken apart in a thread."""
        self.begin(self._load(), group="message")

    async def _load(self) -> None:
        raw = await self.services.body(self._row_id)
        self._anatomy = await asyncio.to_thread(_taken_apart, raw)
        self.list.lines_changed()
        self._explain()
        self.show_title()
        if self._anatomy.is_cut:
            self.tell("It is too long to be shown to its end.", "warning")

    # --- drawing

    def _count(self) -> int:
        return len(self._anatomy.tree) if self._shows_tree else len(self._anatomy.cuts)

    def _row(self, at: int) -> WireRow:
        if self._shows_tree:
            return self._tree_row(at)
        cut = self._anatomy.cuts[at]
        role = _ROLES[cut.kind]
        text = clean_line(travelling(cut) if self._travels else cut.text)
        bars = "│ " * cut.depth
        if cut.kind in (Kind.BOUNDARY, Kind.END):
            bars += "├─" if cut.kind is Kind.BOUNDARY else "└─"
        left: list[Run] = [
            (f"{_GUTTER.get(cut.kind, ' ')} ", "dim"),
            (bars, "faint"),
            (text, role),
            (cut.ending, "faint"),
        ]
        brief, dot, source = note_of(cut).rpartition(" · ")
        return WireRow(left, [(brief, "dim"), (dot + source, "dim")])

    def _tree_row(self, at: int) -> WireRow:
        leaf = self._anatomy.tree[at]
        left: list[Run] = [
            ("  " + "│ " * max(0, leaf.depth - 1) + ("├─" if leaf.depth else ""), "faint"),
            (clean_line(leaf.content_type), "strong"),
            (f"  {clean_line(leaf.name)}" if leaf.name else "", "text"),
            (f"  {leaf.encoding}", "dim"),
        ]
        size = f"{size_text(leaf.octets)} " if leaf.octets else ""
        return WireRow(left, [(f"{size}from line {leaf.line + 1}", "dim")])

    def title_runs(self) -> tuple[Run, ...]:
        parts, lines = len(self._anatomy.tree), len(self._anatomy.cuts)
        travels = " · as it travels: dots doubled" if self._travels else ""
        return (
            ("Anatomy", "strong"),
            (f" · {parts} part{'' if parts == 1 else 's'} · {lines:,} lines", "dim"),
            (travels, "warning"),
            (f" · {clean_line(self._subject) or '(no subject)'}", "text"),
        )

    def on_select_list_cursor_moved(self, event: WireList.CursorMoved) -> None:
        """The detail follows the selection."""
        self._explain()

    def _explain(self) -> None:
        cut = self._cut()
        if cut is None:
            self.words.put([], [])
            return
        width = max(20, self.size.width - 2)
        lines: list[list[Run]] = []
        for step in steps(cut):
            lines += [[(piece, "text")] for piece in wrap(clean_line(step), width)[:2]]
        if not lines:
            octets = cut.octets[:16]
            lines = [[(f"{octets.hex(' ')}{' …' if len(cut.octets) > 16 else ''}", "dim")]]
        where = f"octet {cut.offset:,}" if cut.kind is not Kind.ENVELOPE else "not part of the message"
        about = f"{cut.part} · {cut.encoding}" if cut.kind is Kind.BODY else note_of(cut)
        title: list[Run] = [(about or cut.kind.value, "strong"), (f" · {where}", "dim")]
        self.words.put(title, lines[:DETAIL_LINES], height=DETAIL_LINES)

    def _cut(self) -> Cut | None:
        cuts = self._anatomy.cuts
        if not cuts:
            return None
        at = self._anatomy.tree[self.list.cursor].line if self._shows_tree else self.list.cursor
        return cuts[min(at, len(cuts) - 1)]

    # --- commands

    def do_select_entry(self, argument: str) -> None:
        """From the tree to the part."""
        if self._shows_tree:
            self._go(self._anatomy.tree[self.list.cursor].line)

    def do_anatomy_tree(self, argument: str) -> None:
        if self._shows_tree:
            self._go(0)
            return
        self._shows_tree = True
        self.list.lines_changed()
        self.list.cursor = 0
        self._explain()

    def do_anatomy_next_part(self, argument: str) -> None:
        at = -1 if self._shows_tree else self.list.cursor
        starts = [leaf.line for leaf in self._anatomy.tree]
        self._go(next((line for line in starts if line > at), starts[0] if starts else 0))

    def do_anatomy_travel(self, argument: str) -> None:
        self._travels = not self._travels
        self.list.refresh()
        self.show_title()

    def _go(self, line: int) -> None:
        self._shows_tree = False
        self.list.lines_changed()
        self.list.cursor = line
        self._explain()


def _taken_apart(raw: bytes) -> Anatomy:
    """With what is left of the envelope: Return-Path, and Delivered-To or the `for` of the last hop."""
    fields = scan_headers(raw[: header_end(raw)[0]])
    sender = first_value(fields, "return-path").decode("utf-8", "replace")
    recipient = first_value(fields, "delivered-to").decode("utf-8", "replace")
    recipient = recipient or next((hop.for_ for hop in reversed(hops(raw)) if hop.for_), "")
    return dissect(raw, envelope_traces(sender, recipient))
