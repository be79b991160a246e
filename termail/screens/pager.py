"""The pager: one message to read; j and k go to the next and the previous message."""

import re
from collections.abc import Sequence

from textual.app import ComposeResult

from termail.agent.messages import FolderChanged, ToUI
from termail.commands import Context
from termail.mime.delivery_report import read_report
from termail.mime.sanitize import clean_line
from termail.model.folder import Folder
from termail.model.folder_view import FolderView
from termail.model.order import Order
from termail.model.row import Row
from termail.screens.desk import CommandError
from termail.screens.index_commands import IndexDesk, PagerLeft
from termail.screens.later import message_helpers
from termail.screens.mail_screen import MailScreen
from termail.screens.message_actions import MessageActions
from termail.screens.message_motions import MessageMotions
from termail.screens.pager_commands import PagerCommands
from termail.screens.reading import LONG_OCTETS, Wishes, lay_out, open_message, read_trust
from termail.screens.services import Services
from termail.screens.thread_actions import ThreadActions
from termail.screens.thread_reading import FIRST_MESSAGES, read_thread, thread_order
from termail.widgets.bars import TrustBar
from termail.widgets.ink import Run
from termail.widgets.mail_text import MailText
from termail.widgets.message_list import flags_text

_NO_TO_CHARS = str.maketrans("", "", "+TCFL")
MAX_TEXT_WIDTH = 100  # cells; longer lines are hard to read


class PagerScreen(MailScreen):
    """A MailDesk over the index's view. Returns a PagerLeft, or None when no message is left."""

    CONTEXT = Context.PAGER
    HINTS = (
        ("quit", "index"),
        ("reply", "reply"),
        ("next-undeleted", "next"),
        ("delete-message", "delete"),
        ("help", "keys"),
    )
    PRACTICE_HINTS = (
        ("quit", "index"),
        ("lesson", "lessons"),
        ("wire-view", "wire"),
        ("journey", "journey"),
        ("anatomy", "anatomy"),
        ("reply", "reply"),
        ("help", "keys"),
    )

    def __init__(
        self,
        services: Services,
        index: IndexDesk,
        message_id: int,
        index_actions: MessageActions,
        full_headers: bool = False,
    ) -> None:
        super().__init__(services)
        self.message_id = message_id
        self.full_headers = full_headers
        self.prefers_html = False
        self.shows_thread = False
        self.text = MailText(id="work")
        self.trust_bar = TrustBar(id="trust")
        self._index = index
        self._line = 0
        self.actions = MessageActions(self)
        self.actions.visit_operations = index_actions.visit_operations
        self.helpers = [
            self.actions,
            MessageMotions(self),
            PagerCommands(self),
            ThreadActions(self, self.actions),
            *message_helpers(self, self._undone),
        ]

    def compose_work(self) -> ComposeResult:
        yield self.trust_bar
        yield self.text

    def on_mount(self) -> None:
        """Show the message as soon as its width is known."""
        self.show_status()
        self.call_after_refresh(self.show_message)

    def on_resize(self) -> None:
        """Wrap again, at the same place."""
        if self.text.lines:
            self.show_message(keep_place=True)

    def hints(self) -> Sequence[tuple[str, str]]:
        """In the practice world, what a newcomer would not guess."""
        return self.PRACTICE_HINTS if self.services.settings.practice.world else self.HINTS

    # --- being a MailDesk

    @property
    def view(self) -> FolderView:
        return self._index.view

    @property
    def line(self) -> int:
        if self.view.id_at(self._line) != self.message_id:
            self._line = self.view.line_of(self.message_id) or 0
        return self._line

    def go_to(self, line: int) -> None:
        """Read another message."""
        message_id = self.view.id_at(line)
        if message_id is not None:
            self._line, self.message_id, self.shows_thread = line, message_id, False
            self.show_message()

    def advance(self) -> None:
        """On to the next undeleted message; back to the index after the last."""
        line = self.view.find(self.line, 1, lambda row: not row.is_deleted)
        if line is not None:
            self.go_to(line)
        else:
            self.show_title()

    def take_tag_prefix(self) -> bool:
        """The pager applies to the message that is read."""
        return False

    def rows_changed(self, message_ids: Sequence[int]) -> None:
        """The index draws them when it is seen again."""
        self.view.forget_rows(message_ids)
        self.show_title()

    def reload(self, *, to_message: int | None = None) -> None:
        """The message shown may be about to leave the folder: read the next one; `to_message` stays."""
        if to_message is not None:
            self._index.reload(to_message=to_message)
            return
        line = self.view.find(self.line, 1, lambda row: row.message_id != self.message_id)
        if line is None:
            line = self.view.find(self.line, -1, lambda row: row.message_id != self.message_id)
        if line is None:
            self._index.reload()
            self.dismiss(None)
            return
        self.go_to(line)
        self._index.reload(to_message=self.message_id)

    def open_folder(self, folder: Folder, *, read_only: bool = False, to_message: int | None = None) -> None:
        """Folders are opened in the index."""
        self.leave()
        self._index.open_folder(folder, read_only=read_only, to_message=to_message)

    def leave(self, command: str = "", argument: str = "") -> None:
        """Back to the index, which goes on with a command that works on the folder, not on the message."""
        self.dismiss(PagerLeft(self.message_id, command, argument))

    # --- the message

    def show_message(self, *, keep_place: bool = False) -> None:
        """Read the message in a thread; the old text stays until the new one is ready."""
        self.show_title()
        row = self.view.row_at(self.line)
        if row is not None and row.has_body:
            self.begin(self._show(keep_place), group="message", exclusive=True)
            self.be_patient_with("message")
        else:  # the network may take long: no key waits for it
            self.run_worker(self.guard(self._show(keep_place)), group="message", exclusive=True)

    def _account(self) -> str:
        row = self.view.row_at(self.line)
        return self.services.account_of(self.view.folder, row) if row is not None else ""

    async def _show(self, keep_place: bool) -> None:
        message_id = self.message_id
        if self.services.store.raw(message_id) is None and self.services.store.skeleton(message_id) is None:
            self.text.put_notice("Fetching the message…")
        widest = self.services.settings.ui.wrap_columns or MAX_TEXT_WIDTH
        width = max(20, min(widest, self.text.text_width))
        if self.shows_thread:
            await self._show_thread(width, keep_place)
            return
        try:
            opened = await open_message(self.services, message_id, self.app.suspend)
            wishes = Wishes(width, self.full_headers, self.prefers_html)
            is_long = len(opened.raw) > LONG_OCTETS and not keep_place
            display = await lay_out(self.services, opened.raw, wishes, is_first_look=is_long)
            trust = await read_trust(self.services, message_id, self._account(), opened.opening)
        except LookupError as error:
            self.text.put_notice(clean_line(str(error.args[0]) if error.args else "The message is gone."))
            raise
        self.trust_bar.put(trust)
        self._tell_of_report(opened.raw)
        self.text.put_display(display, keep_place=keep_place)
        if is_long:
            self.run_worker(
                self.guard(self._show_rest(message_id, opened.raw, wishes)), group="rest", exclusive=True
            )
        row = self.view.row_at(self.line)
        if row is not None and row.message_id == message_id and not row.is_read:
            await self.actions.mark_read(message_id)
        self.show_title()

    def _tell_of_report(self, raw: bytes) -> None:
        """A delivery report: which mail of the user's it is about."""
        report = read_report(raw)
        sent = self.services.store.folder_with_role(self._account(), "sent") if report is not None else None
        if report is None or sent is None:
            return
        ids = self.services.store.listing(sent.folder_id, Order(), f'~i "{re.escape(report.message_id)}"')
        for row in self.services.store.rows(ids[:1]):
            self.tell(f"About your mail “{row.subject}” to {row.to}, in {sent.name}.", "accent")

    async def _show_rest(self, message_id: int, raw: bytes, wishes: Wishes) -> None:
        """The whole of a long message, in the place of its beginning."""
        display = await lay_out(self.services, raw, wishes)
        if message_id == self.message_id and not self.shows_thread:
            self.text.put_display(display, keep_place=True)

    async def _show_thread(self, width: int, keep_place: bool) -> None:
        """The messages of the first screen at once, all of them as soon as they are laid out."""
        rows = thread_order(self.services, self.view.thread_ids(self.line))
        self.trust_bar.put([])
        if len(rows) > FIRST_MESSAGES:
            first = await read_thread(self.services, rows[:FIRST_MESSAGES], width)
            self.text.put_display(first, keep_place=keep_place)
            keep_place = True
            self.run_worker(self.guard(self._show_all(rows, width)), group="thread", exclusive=True)
        else:
            self.text.put_display(await read_thread(self.services, rows, width), keep_place=keep_place)
        self.tell(f"{len(rows)} messages of this thread; H goes on to the next one.")

    async def _show_all(self, rows: Sequence[Row], width: int) -> None:
        display = await read_thread(self.services, rows, width)
        if self.shows_thread:
            self.text.put_display(display, keep_place=True)

    def _undone(self) -> None:
        self.view.forget_rows()
        self._index.reload()
        self.show_title()

    # --- bars

    def title_runs(self) -> tuple[Run, ...]:
        view = self.view
        row = view.row_at(self.line) if len(view) else None
        if row is None:
            return (("(gone)", "dim"),)
        flags = flags_text(row, tagged=row.message_id in view.tagged).translate(_NO_TO_CHARS).strip()
        sender = clean_line(row.sender_name or row.sender_address)
        return (
            (f"{view.number(self.line)}/{len(view.ids):,}", "dim"),
            (f" {flags}" if flags else "", "flagged"),
            (f"  {sender}", "strong"),
            (" · ", "dim"),
            (clean_line(row.subject) or "(no subject)", "text"),
        )

    def heard(self, message: ToUI) -> None:
        """The folder changed under the message: numbers may be others."""
        super().heard(message)
        match message:
            case FolderChanged(folder_id=folder_id) if folder_id == self.view.folder.folder_id:
                self.show_title()
            case _:
                pass

    def on_mail_text_end_reached(self, event: MailText.EndReached) -> None:
        """mutt goes on to the next message at the end of this one."""
        event.stop()
        try:
            MessageMotions(self).do_next_undeleted("")
        except CommandError as error:
            self.tell(str(error))
