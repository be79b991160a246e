"""The index: one line for each message, drawn from a FolderView."""

from collections.abc import Callable
from datetime import datetime

from termail.mime.sanitize import clean_line
from termail.model.folder_view import FolderView
from termail.model.row import Row
from termail.widgets.ink import Run, fit
from termail.widgets.select_list import SelectList

LineFormat = Callable[[Row, int, str, int], str]  # row, number, tree, width → one line
CoverName = Callable[[str, str], str]  # name and address → the name an audience may see


class MessageList(SelectList):
    """Give it a view; tell it `lines_changed` when the view did. `now` decides how dates are written;
    `line_format` (a user's index_format) replaces the columns."""

    def __init__(
        self, *, now: Callable[[], float], line_format: LineFormat | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._now = now
        self._line_format = line_format
        self._view: FolderView | None = None
        self._cache: dict[tuple[int, int, bool], list[Run]] = {}
        self._cached_generation = -1
        self.loading_text = ""
        self._cover_name: CoverName | None = None

    def put_format(self, line_format: LineFormat | None) -> None:
        """Lines in a user's format, or in our columns."""
        self._line_format = line_format
        self._cached_generation = -1
        self.refresh()

    def present(self, cover: CoverName | None) -> None:
        """For an audience: few columns, an empty row below each message, and names that `cover` lets through."""
        self._cover_name = cover
        self._cached_generation = -1
        self.spacing = 1 if cover is None else 2
        self.refresh()

    def put_view(self, view: FolderView) -> None:
        """Show this view."""
        self._view = view
        self._cached_generation = -1
        self.lines_changed()

    def count_lines(self) -> int:
        return len(self._view) if self._view is not None else 0

    def line_runs(self, line: int, width: int, *, selected: bool) -> list[Run]:
        """Cached until the view says that something changed."""
        view = self._view
        if view is None:
            return []
        if view.generation != self._cached_generation:
            self._cache.clear()
            self._cached_generation = view.generation
        key = (line, width, selected)
        if key not in self._cache:
            if len(self._cache) > 4096:
                self._cache.clear()
            self._cache[key] = self._draw(view, line, width, selected=selected)
        return self._cache[key]

    def _draw(self, view: FolderView, line: int, width: int, *, selected: bool) -> list[Run]:
        row = view.row_at(line)
        edge: Run = ("▌", "accent") if selected else (" ", "text")
        if row is None:
            return [edge, (f"{view.number(line):>4}  gone", "dim")]
        tagged = row.message_id in view.tagged
        tree, hidden = view.tree_at(line), view.hidden_at(line)
        if self._cover_name is not None:
            runs = [edge, *large_runs(row, view.number(line), self._cover_name, tagged=tagged)]
        elif self._line_format is not None:
            text = clean_line(self._line_format(row, view.number(line), tree, width - 1))
            return [edge, (text, state_role(row, tagged=tagged))]
        else:
            digits = max(3, len(str(len(view.ids))))
            runs = [edge, *index_runs(row, view.number(line), digits, width, self._now(), tagged=tagged)]
        if tree:
            runs.append((tree, "dim"))
        if hidden:
            runs.append((f"+{hidden} ", "accent"))
        subject = clean_line(row.subject) if row.subject else "(no subject)"
        runs.append((subject, state_role(row, tagged=tagged) if row.subject else "dim"))
        return runs


def state_role(row: Row, *, tagged: bool) -> str:
    """The role a message's words are drawn in: colour only where it carries meaning."""
    if row.is_deleted:
        return "deleted"
    if tagged:
        return "tagged"
    return "text" if row.is_read else "new"


def flags_text(row: Row, *, tagged: bool) -> str:
    """mutt's %Z: N O r; D; then * tagged, ! flagged, or how it was addressed to me."""
    first = "r" if row.is_answered and row.is_read else " "
    if not row.is_read:
        first = "O" if row.is_old else "N"
    last = "*" if tagged else "!" if row.is_flagged else (row.to_me or " ")[0]
    return first + ("D" if row.is_deleted else " ") + last


def size_text(octets: int) -> str:
    """Four columns at most: 812, 4.2K, 18K, 1.3M."""
    if octets < 1000:
        return str(octets)
    value = float(octets)
    for unit in "KMGT":
        value /= 1024
        if value < 9.95:
            return f"{value:.1f}{unit}"
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return f"{value:.0f}T"


DATE_WIDTH = 7


def date_text(when: float, now: float) -> str:
    """Seven columns: the time today, the day within a year, before that the year and month (never like a day)."""
    if not when:
        return ""
    try:
        then, today = datetime.fromtimestamp(when), datetime.fromtimestamp(now)
    except (ValueError, OverflowError, OSError):
        return "?"
    if then.date() == today.date():
        return then.strftime("%H:%M").rjust(DATE_WIDTH)
    if abs((today - then).days) < 300:
        return then.strftime("%b %d").rjust(DATE_WIDTH)
    return f"{then.year:04}-{then.month:02}"


def index_runs(row: Row, number: int, digits: int, width: int, now: float, *, tagged: bool) -> list[Run]:
    """The columns before the tree: number, flags, date, sender, size, attachment."""
    role = state_role(row, tagged=tagged)
    sender_width = 16 if width < 90 else 20 if width < 120 else 24
    flags = flags_text(row, tagged=tagged)
    mark = "tagged" if flags[2] == "*" else "flagged" if flags[2] == "!" else "dim"
    status = "accent" if flags[0] in "NO" else "dim"
    sender = clean_line(row.sender_name or row.sender_address) or "(nobody)"
    return [
        (f"{number:>{digits}} ", "dim"),
        (flags[0], status),
        (flags[1], "flagged"),
        (flags[2], mark),
        (" " + fit(date_text(row.date, now), DATE_WIDTH) + " ", "dim"),
        (fit(sender, sender_width), "text" if role == "deleted" else role),
        (f" {size_text(row.size_octets):>4} ", "dim"),
        ("@ " if row.has_attachment else "  ", "accent"),
    ]


def large_runs(row: Row, number: int, cover: CoverName, *, tagged: bool) -> list[Run]:
    """What can be read from the last row: number, whether it is new, who wrote; the subject follows."""
    role = state_role(row, tagged=tagged)
    name = clean_line(row.sender_name or row.sender_address) or "(nobody)"
    flags = flags_text(row, tagged=tagged)
    return [
        (f"{number:>3}  ", "text"),
        (f"{flags.strip()[:1]:<1}  ", "accent"),
        (fit(cover(name, row.sender_address), 18) + "  ", "strong" if role == "text" else role),
    ]
