"""What the index says in words: its title, and its lines in a format of the user's."""

from collections.abc import Callable

from termail.mime.sanitize import clean_line
from termail.model.folder_view import FolderView
from termail.model.index_format import IndexFormat
from termail.screens.services import Services
from termail.widgets.ink import Run
from termail.widgets.message_list import LineFormat


def index_title(view: FolderView) -> tuple[Run, ...]:
    """Which folder, how much of it, and what is special about it."""
    folder = view.folder
    place = f"{clean_line(folder.account)}/" if folder.account else ""
    runs: list[Run] = [(f"{place}{clean_line(folder.name)}", "strong")]
    shown = f"{len(view.ids):,} of {folder.total:,}" if view.limit else f"{len(view.ids):,}"
    runs.append((f" · {shown} message{'' if shown == '1' else 's'}", "dim"))
    if folder.unread:
        runs += [(" · ", "dim"), (f"{folder.unread:,} unread", "accent")]
    if view.is_read_only:
        runs += [(" · ", "dim"), ("read-only", "warning")]
    if view.tagged:
        runs += [(" · ", "dim"), (f"{len(view.tagged):,} tagged", "tagged")]
    if view.limit:
        runs += [(" · limit ", "dim"), (clean_line(view.limit), "warning")]
    return tuple(runs)


def index_format(services: Services, view: Callable[[], FolderView]) -> LineFormat | None:
    """The user's index_format, when there is one. `view` is asked for each line: it changes with the folder."""
    ui = services.settings.ui
    if not ui.index_format:
        return None
    options = {"date_format": ui.date_format} if ui.date_format else {}
    return IndexFormat(
        ui.index_format,
        clean=clean_line,
        now=services.clock,
        is_tagged=lambda message_id: message_id in view().tagged,
        folder=lambda: view().folder.name,
        total=lambda: len(view().ids),
        **options,
    )
