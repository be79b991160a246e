"""Searching all mail as one types: the best hits first, each with the place in its text."""

import asyncio
from collections.abc import Sequence

from termail.mime.sanitize import clean_line
from termail.model.patterns import PatternError
from termail.model.row import Row
from termail.screens.desk import Cancelled
from termail.screens.reports import Report
from termail.screens.services import Services
from termail.widgets.ink import Run, fit
from termail.widgets.message_list import date_text

HITS_SHOWN = 200
PAUSE_SECONDS = 0.08  # between two keys of a word no search is begun
SENDER_COLUMN = 18
WIDE_COLUMNS = 110


class SearchScreen(Report):
    """Returns (query, message id) for the hit that was chosen, or None. `account` "" means all."""

    EMPTY = "Type words, a pattern (~f ann ~d <1w) or from:ann has:pdf; Enter keeps what is found."
    HINTS = (("select-entry", "open there"), ("search-everywhere", "search anew"), ("quit", "back"))

    def __init__(self, services: Services, account: str = "", query: str = "") -> None:
        super().__init__(services)
        self._account = account
        self._query = query
        self._rows: Sequence[Row] = ()
        self._snippets: dict[int, tuple[Run, ...]] = {}
        self._places: dict[int, str] = {}
        self._complaint = ""

    def on_mount(self) -> None:
        """Ask at once."""
        super().on_mount()
        self.call_after_refresh(self.run_command, "search-everywhere")

    async def do_search_everywhere(self, argument: str) -> None:
        where = f"in {clean_line(self._account)}" if self._account else "everywhere"
        try:
            typed = argument or await self.ask(
                f"Search {where}: ", self._query, history="everywhere", changed=self._typed
            )
        except Cancelled:
            self.dismiss(None)
            return
        await self._search(typed)
        self.list.cursor = 0

    def _typed(self, text: str) -> None:
        self.run_worker(self.guard(self._search_soon(text)), group="search", exclusive=True)

    async def _search_soon(self, text: str) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        await self._search(text)

    async def _search(self, text: str) -> None:
        """What is found replaces what was; a pattern that is not whole yet changes nothing."""
        self._query = text.strip()
        try:
            found = await asyncio.to_thread(self._find, self._query) if self._query else ((), {})
        except PatternError as error:
            self._complaint = str(error)
        else:
            self._complaint = ""
            self._rows, self._snippets = found
        self.read()

    def _find(self, query: str) -> tuple[Sequence[Row], dict[int, tuple[Run, ...]]]:
        store = self.services.store
        self._places = {folder.folder_id: f"{folder.account}/{folder.name}" for folder in store.folders()}
        ids = store.search(query, HITS_SHOWN, account=self._account)
        snippets = {
            message_id: tuple((clean_line(text), "match" if is_hit else "dim") for text, is_hit in parts)
            for message_id, parts in store.snippets(query, ids).items()
        }
        return store.rows(ids), snippets

    def report_lines(self) -> list[list[Run]]:
        now, is_wide = self.services.clock(), self.list.size.width >= WIDE_COLUMNS
        return [self._line(row, now, is_wide) for row in self._rows] if self._query else []

    def _line(self, row: Row, now: float, is_wide: bool) -> list[Run]:
        place = fit(clean_line(self._places.get(row.folder_id, "")), 18) + "  " if is_wide else ""
        return [
            (f" {fit(date_text(row.date, now), 7)}  ", "dim"),
            (place, "dim"),
            (fit(clean_line(row.sender_name or row.sender_address), SENDER_COLUMN) + "  ", "text"),
            (clean_line(row.subject) or "(no subject)", "text" if row.is_read else "new"),
            ("  ", "dim"),
            *self._snippet(row),
        ]

    def _snippet(self, row: Row) -> tuple[Run, ...]:
        """The place in the text; the subject is not told twice."""
        pieces = self._snippets.get(row.message_id, ())
        return () if "".join(text for text, _ in pieces) in clean_line(row.subject) else pieces

    def title_runs(self) -> tuple[Run, ...]:
        many = "+" if len(self._rows) == HITS_SHOWN else ""
        runs: list[Run] = [("Search", "strong")]
        if self._query:
            runs.append((f" · {len(self._rows)}{many} found", "dim"))
        if self._complaint:
            runs.append((f" · {clean_line(self._complaint)}", "warning"))
        return tuple(runs)

    def do_select_entry(self, argument: str) -> None:
        if self._rows and self.list.cursor < len(self._rows):
            self.dismiss((self._query, self._rows[self.list.cursor].message_id))
