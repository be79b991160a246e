"""The index: the messages of one folder, with a folder column and a preview where there is room."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence
from functools import partial
from time import monotonic

from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from termail.agent.messages import FolderChanged, FoldersChanged, NewMail, OpenFolder, ToUI
from termail.commands import Context
from termail.model.folder import Folder
from termail.model.folder_view import FolderView, nearest
from termail.model.order import Order, SortKey
from termail.screens.desk import CommandError
from termail.screens.index_commands import IndexCommands
from termail.screens.index_words import index_format, index_title
from termail.screens.later import message_helpers
from termail.screens.list_motions import ListMotions
from termail.screens.listing_pace import ListingPace
from termail.screens.listings import Listing, read_listing
from termail.screens.mail_screen import MailScreen
from termail.screens.message_actions import MessageActions
from termail.screens.message_motions import MessageMotions
from termail.screens.notices import tell_of_mail
from termail.screens.preview import show_preview
from termail.screens.services import Services
from termail.screens.thread_actions import ThreadActions
from termail.screens.virtual_folders import listing_of
from termail.terminal_escape import write_to_terminal
from termail.widgets.folder_lines import folder_tree
from termail.widgets.ink import Run
from termail.widgets.mail_text import MailText
from termail.widgets.message_list import MessageList
from termail.widgets.select_list import SelectList, TextList

FOLDER_COLUMN = 28


class IndexScreen(MailScreen):
    """A MailDesk. The listing is read in a thread, except the first, which is the first thing a user sees."""

    CONTEXT = Context.INDEX
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide"), (190, "-very-wide")]  # noqa: RUF012 # Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-short"), (40, "-tall")]  # noqa: RUF012 # Textual's declaration
    HINTS = (
        ("display-message", "open"),
        ("mail", "write"),
        ("delete-message", "delete"),
        ("limit", "limit"),
        ("help", "keys"),
    )
    PRACTICE_HINTS = (
        ("lesson", "lessons"),
        ("wire-view", "wire"),
        ("journey", "journey"),
        ("mail", "write"),
        ("display-message", "open"),
        ("help", "keys"),
    )
    DEFAULT_CSS = """
    IndexScreen #columns { height: 1fr; }
    IndexScreen #folders { width: 28; display: none; background: $mail-bar-background; }
    IndexScreen #reading { layout: vertical; }
    IndexScreen #preview { display: none; }
    IndexScreen.-wide #folders, IndexScreen.-very-wide #folders { display: block; }
    IndexScreen.-wide.-tall #preview { display: block; height: 55%; border-top: hkey $mail-faint; }
    IndexScreen.-very-wide #reading { layout: horizontal; }
    IndexScreen.-very-wide #preview {
        display: block; width: 48%; height: 1fr; border-top: none; border-left: vkey $mail-faint;
    }
    IndexScreen.-ascii.-wide.-tall #preview, IndexScreen.-ascii.-very-wide #preview { border: none; }
    """

    def __init__(self, services: Services, folder: Folder) -> None:
        super().__init__(services)
        ui = services.settings.ui
        order = Order(SortKey(ui.sort), ui.sort_reverse, SortKey(ui.sort_second))
        self.view = self._view_of(folder, order)
        self.messages = MessageList(
            now=services.clock, line_format=index_format(services, lambda: self.view), id="work"
        )
        self.folders = TextList(id="folders")
        self.folders.can_focus = False
        self.folders.opens_on_click = True
        self.preview = MailText(id="preview")
        self.preview.can_focus = False
        self._folder_ids: list[int] = []
        self._tag_prefix = False
        self._reloading = False
        self._reload_again = False
        self._pace = ListingPace(self.set_timer, self.reload)
        self.actions = MessageActions(self)
        self.helpers = [
            self.actions,
            MessageMotions(self),
            IndexCommands(self, self.actions),
            ThreadActions(self, self.actions),
            ListMotions(self, self.messages, self._text_of),
            *message_helpers(self, self._undone),
        ]

    def _view_of(self, folder: Folder, order: Order) -> FolderView:
        store, ascii_only = self.services.store, self.services.settings.ui.ascii
        return FolderView(folder, order, store.rows, partial(store.threads, ascii_only=ascii_only))

    def compose_work(self) -> ComposeResult:
        with Horizontal(id="columns"):
            yield self.folders
            with Container(id="reading"):
                yield self.messages
                yield self.preview

    def on_mount(self) -> None:
        """Paint at once: from the store, or the last listing of a large folder, which is then read anew."""
        cached = self.services.listing_cache.load(self.view.folder.folder_id, self.view.order)
        if cached is not None:
            self._put(Listing(cached, b""))
            self.call_after_refresh(self.reload)
        else:
            self._put(self._read(self.view.folder, self.view.order, ""))
        self.run_worker(self.guard(self._count_searches()), group="counts", exclusive=True)
        self.messages.put_view(self.view)
        self.services.shown_folder = lambda: self.view
        self.call_after_refresh(self._go_to_first_new)
        self.set_class(self.services.settings.ui.ascii, "-ascii")
        self.show_folders()
        self.show_title()
        self.show_status()
        self._announce()

    def on_screen_resume(self) -> None:
        """Back from another screen, which may have changed rows."""
        super().on_screen_resume()
        if self.messages.is_attached:
            self.view.forget_rows()
            self.messages.lines_changed()
            self._refresh_folder()

    def hints(self) -> Sequence[tuple[str, str]]:
        """In the practice world, what a newcomer would not guess comes first."""
        return self.PRACTICE_HINTS if self.services.settings.practice.world else self.HINTS

    def show_presenting(self) -> None:
        presenter = self.services.presenter
        self.messages.present(presenter.discreet_name if presenter.is_on else None)

    # --- being a MailDesk

    @property
    def line(self) -> int:
        return self.messages.cursor

    def go_to(self, line: int) -> None:
        """Select a message."""
        self.messages.cursor = line

    def advance(self) -> None:
        """mutt's resolve: on to the next undeleted message."""
        line = self.view.find(self.line, 1, lambda row: not row.is_deleted)
        if line is not None:
            self.go_to(line)

    def take_tag_prefix(self) -> bool:
        """Used up by the command that asks."""
        taken, self._tag_prefix = self._tag_prefix, False
        return taken

    def set_tag_prefix(self) -> None:
        """`;` was typed."""
        if not self.view.tagged:
            raise CommandError("No tagged messages.")
        self._tag_prefix = True
        self.tell_quietly("tag-")

    def rows_changed(self, message_ids: Sequence[int]) -> None:
        """Draw these again, in place."""
        self.view.forget_rows(message_ids)
        self.messages.lines_changed()
        self._refresh_folder()
        self.show_title()

    def reload(self, *, to_message: int | None = None) -> None:
        """Read the listing again in a thread; calls while it is read are gathered into one more."""
        if self._reloading:
            self._reload_again = True
            return
        self._reloading = True
        if self.is_busy:
            self.begin(self._reload(to_message), group="listing")
        else:
            self.run_worker(self.guard(self._reload(to_message)), group="listing")

    def open_folder(self, folder: Folder, *, read_only: bool = False, to_message: int | None = None) -> None:
        """Look at another folder."""
        if folder.folder_id == self.view.folder.folder_id and folder.search == self.view.folder.search:
            self.view.is_read_only = read_only or self.view.is_read_only
            self.show_title()
            return
        self.services.previous_folder_id = self.view.folder.folder_id
        self.actions.visit_operations.clear()
        self.begin(self._open(folder, read_only, to_message), group="listing", exclusive=True)

    def leave(self) -> None:
        """The program ends."""
        self._keep_listing()
        self._mark_old()
        self.app.exit(0)

    # --- the listing

    async def relist(self, order: Order, limit: str, *, to_message: int | None = None) -> None:
        """Another order or limit; nothing changes when the pattern is wrong."""
        listing = await asyncio.to_thread(self._read, self.view.folder, order, limit)
        if limit and not len(listing.ids):
            raise CommandError("No messages matched the criteria.")
        self.view.order, self.view.limit = order, limit
        self._put(listing, to_message)

    def _read(self, folder: Folder, order: Order, limit: str) -> Listing:
        with_depths = bool(self.view.collapsed) and order.is_threaded
        return read_listing(self.services.store, self.view, folder, order, limit, with_depths=with_depths)

    async def _reload(self, to_message: int | None) -> None:
        try:
            again = True
            while again:
                self._reload_again = False
                folder = self.view.folder
                begun = monotonic()
                listing = await asyncio.to_thread(self._read, folder, self.view.order, self.view.limit)
                self._pace.note(begun)
                if folder.folder_id == self.view.folder.folder_id:
                    self._put(listing, to_message)
                again = self._reload_again
        finally:
            self._reloading = False

    async def _open(self, folder: Folder, read_only: bool, to_message: int | None) -> None:
        order = self.view.order
        self._keep_listing()
        self._mark_old()
        listing = await asyncio.to_thread(self._read, folder, order, "")
        self.view = self._view_of(folder, order)
        self.view.is_read_only = read_only
        self.view.put_listing(listing.ids, listing.depths)
        self._reloading = False
        self.messages.put_view(self.view)
        line = self.view.line_of(to_message) if to_message is not None else None
        if line is None:
            self._go_to_first_new()
        else:
            self.go_to(line)
            self.show_title()
        self.show_folders()
        self._announce()

    def _put(self, listing: Listing, to_message: int | None = None) -> None:
        """A new listing under the same cursor: the selected message keeps its place on the screen."""
        view, messages = self.view, self.messages
        old_ids: array[int] = view.ids
        old_line, old_top = self.line, messages.top_line
        old_position = view.position(old_line) if len(view) else 0
        keep = to_message or view.id_at(old_line)
        view.put_listing(listing.ids, listing.depths)
        view.tagged &= set(listing.ids) if view.tagged else set()
        line = view.line_of(keep) if keep is not None else None
        if line is None:
            line = nearest(view.ids, old_ids, old_position)
        messages.lines_changed()
        messages.cursor = line
        if line != old_line:
            messages.scroll_to_line(max(0, line - (old_line - old_top)))
            messages.keep_in_sight()
        self._refresh_folder()
        self.show_title()

    def _go_to_first_new(self) -> None:
        """Where mutt starts: the first new message, else the last one."""
        view, line = self.view, None
        if view.folder.unread and len(view):
            for pattern in ("~N !~D", "~U !~D"):
                ids = listing_of(self.services.store, view.folder, view.order, pattern)
                line = view.line_of(ids[0]) if len(ids) else None
                if line is not None:
                    break
        self.go_to(len(view) - 1 if line is None else line)
        self.messages.keep_in_sight()
        self.show_title()

    def _keep_listing(self) -> None:
        view = self.view
        if not view.limit and not view.folder.search:
            self.services.listing_cache.save(view.folder.folder_id, view.order, view.ids)

    def _mark_old(self) -> None:
        if self.services.settings.ui.mark_old and not self.view.folder.search:
            self.services.store.mark_old(self.view.folder.folder_id)

    def _announce(self) -> None:
        folder_id = self.view.folder.folder_id
        if folder_id > 0:
            self.run_worker(self.guard(self.services.agent.send(OpenFolder(folder_id=folder_id))), group="agent")

    def _undone(self) -> None:
        self.view.forget_rows()
        self.reload()

    # --- bars

    def title_runs(self) -> tuple[Run, ...]:
        return index_title(self.view)

    def settings_changed(self) -> None:
        """Formats and searches may be others."""
        super().settings_changed()
        self.messages.put_format(index_format(self.services, lambda: self.view))
        self.show_folders()

    def _refresh_folder(self) -> None:
        """The counts of this folder, and of the others."""
        folder = self.services.folder(self.view.folder.folder_id)
        if folder is not None:
            self.view.folder = folder
        if self.folders.display:
            self.show_folders()

    async def _count_searches(self) -> None:
        if self.services.virtual.all():
            await asyncio.to_thread(self.services.virtual.recount)
            self._refresh_folder()
            self.show_title()

    def show_folders(self) -> None:
        """The folder column."""
        current = self.view.folder.folder_id
        lines, shown = folder_tree(self.services.folders(), FOLDER_COLUMN, current)
        self._folder_ids = [folder.folder_id if folder is not None else 0 for folder in shown]
        if current in self._folder_ids:
            self.folders.set_reactive(SelectList.cursor, self._folder_ids.index(current))
        self.folders.put_lines(lines)

    # --- the agent

    def heard(self, message: ToUI) -> None:
        """New mail and changed rows appear without a key pressed."""
        super().heard(message)
        match message:
            case FolderChanged(folder_id=folder_id) if self._shows(folder_id):
                self.view.forget_rows()
                self._pace.news()
            case FoldersChanged() | FolderChanged():
                self._refresh_folder()
                self.show_title()
            case NewMail(sender=sender, subject=subject):
                self.tell(f"New mail from {sender}: {subject}", "accent")
                ui = self.services.settings.ui
                tell_of_mail(ui, sender, subject, ring=self.app.bell, write=write_to_terminal(self.app))
            case _:
                pass

    def _shows(self, folder_id: int) -> bool:
        """A virtual folder and a conversation may show mail of any."""
        view = self.view
        is_wide = bool(view.folder.search) or view.order.key is SortKey.CONVERSATIONS
        return is_wide or folder_id == view.folder.folder_id

    # --- the mouse, the preview

    def on_select_list_cursor_moved(self, event: SelectList.CursorMoved) -> None:
        """Another message."""
        event.stop()
        if event.widget is self.messages:
            self._preview_soon()

    def on_resize(self) -> None:
        """A wide terminal shows the message beside the list."""
        self.call_after_refresh(self._preview_soon)

    def _preview_soon(self) -> None:
        if self.preview.display:
            self.run_worker(
                self.guard(show_preview(self.services, self.preview, self.view.id_at(self.line))),
                group="preview",
                exclusive=True,
            )

    def on_select_list_line_opened(self, event: SelectList.LineOpened) -> None:
        """A double click reads; a click in the folder column opens a folder."""
        event.stop()
        if event.widget is self.messages:
            self.run_command("display-message")
            return
        folder_id = self._folder_ids[event.line] if event.line < len(self._folder_ids) else 0
        folder = self.services.folder(folder_id) if folder_id else None
        if folder is not None:
            self.open_folder(folder)

    def _text_of(self, line: int) -> str:
        row = self.view.row_at(line)
        return f"{row.sender_name} {row.sender_address} {row.subject}" if row is not None else ""
