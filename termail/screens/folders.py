"""The folder list: every account's folders with their counts."""

import asyncio

from textual.app import ComposeResult

from termail.agent.messages import FolderChanged, FoldersChanged, ToUI
from termail.commands import Context
from termail.mime.sanitize import clean_line
from termail.model.actions import Action, CreateFolder, DeleteFolder, RenameFolder, Subscribe
from termail.model.folder import Folder
from termail.screens.desk import CommandError
from termail.screens.everywhere import Everywhere
from termail.screens.list_motions import ListMotions
from termail.screens.mail_screen import MailScreen
from termail.screens.services import Services
from termail.widgets.folder_lines import folder_tree
from termail.widgets.ink import Run
from termail.widgets.select_list import SelectList, TextList

MAX_WIDTH = 64


class FoldersScreen(MailScreen):
    """Returns the id of the folder chosen, or None."""

    CONTEXT = Context.FOLDERS
    HINTS = (("select-entry", "open"), ("create-folder", "create"), ("rename-folder", "rename"),
             ("delete-folder", "delete"), ("quit", "back"), ("help", "keys"))  # fmt: skip

    def __init__(self, services: Services, current_id: int = 0) -> None:
        super().__init__(services)
        self._current_id = current_id
        self._folders: list[Folder | None] = []
        self._subscribed_only = False
        self.list = TextList(id="work")
        self.helpers = [ListMotions(self, self.list, self.list.text_of), Everywhere(self, after_undo=self._read)]

    def compose_work(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        """Start at the folder the user comes from."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._read()
        self.run_worker(self.guard(self._recount()), group="counts", exclusive=True)
        for line, folder in enumerate(self._folders):
            if folder is not None and folder.folder_id == self._current_id:
                self.list.cursor = line

    def on_resize(self) -> None:
        """Counts stand at the right."""
        self._read()

    def _read(self) -> None:
        width = min(MAX_WIDTH, self.list.size.width)
        folders = [each for each in self.services.folders() if each.subscribed or not self._subscribed_only]
        lines, self._folders = folder_tree(folders, width, self._current_id)
        self.list.put_lines(lines)
        self.show_title()

    async def _recount(self) -> None:
        """What the saved searches find takes a moment to count."""
        if self.services.virtual.all():
            await asyncio.to_thread(self.services.virtual.recount)
            self._read()

    def title_runs(self) -> tuple[Run, ...]:
        folders = [folder for folder in self._folders if folder is not None and not folder.search]
        unread = sum(folder.unread for folder in folders)
        return (
            ("Folders", "strong"),
            (f" · {len(folders)}{' subscribed' if self._subscribed_only else ''}", "dim"),
            (f" · {unread:,} unread" if unread else "", "accent"),
        )

    def heard(self, message: ToUI) -> None:
        """Counts change in place."""
        super().heard(message)
        if isinstance(message, FoldersChanged | FolderChanged):
            self._read()

    def on_select_list_line_opened(self, event: SelectList.LineOpened) -> None:
        """A double click opens."""
        event.stop()
        self.run_command("select-entry")

    # --- commands

    def _selected(self) -> Folder:
        at = self.list.cursor
        folder = self._folders[at] if 0 <= at < len(self._folders) else None
        if folder is None:
            raise CommandError("Select a folder first.")
        return folder

    def _selected_real(self) -> Folder:
        folder = self._selected()
        if folder.search:
            raise CommandError("This one is a search; its place is [searches] in the settings.")
        return folder

    def do_next_with_new(self, argument: str) -> None:
        count = len(self._folders)
        for step in range(1, count + 1):
            folder = self._folders[(self.list.cursor + step) % count]
            if folder is not None and folder.unread:
                self.list.cursor = (self.list.cursor + step) % count
                return
        raise CommandError("No folder with unread mail.")

    def do_select_entry(self, argument: str) -> None:
        self.dismiss(self._selected().folder_id)

    async def do_create_folder(self, argument: str) -> None:
        nearby = [folder for folder in self._folders if folder is not None and folder.account]
        at = self.list.cursor
        here = self._folders[at] if at < len(self._folders) else None
        account = (
            here.account
            if here and here.account
            else nearby[0].account
            if nearby
            else self.services.account_names[0]
        )
        name = argument or await self.ask(f"Create folder in {clean_line(account)}: ")
        if not name.strip():
            raise CommandError("A folder needs a name.")
        await self._perform(account, CreateFolder(account, name.strip()), f"create {name}")

    async def do_rename_folder(self, argument: str) -> None:
        folder = self._selected_real()
        name = argument or await self.ask("Rename to: ", folder.name)
        if name.strip() and name != folder.name:
            await self._perform(
                folder.account, RenameFolder(folder.folder_id, name.strip()), f"rename {folder.name}"
            )

    async def do_delete_folder(self, argument: str) -> None:
        folder = self._selected_real()
        what = (
            f"{clean_line(folder.name)} and its {folder.total:,} messages"
            if folder.total
            else clean_line(folder.name)
        )
        if folder.role == "inbox":
            raise CommandError("The inbox cannot be deleted.")
        if await self.confirm(f"Delete {what}?", default=False):
            await self._perform(folder.account, DeleteFolder(folder.folder_id), f"delete folder {folder.name}")

    async def do_subscribe_folder(self, argument: str) -> None:
        await self._subscribe(subscribed=True)

    async def do_unsubscribe_folder(self, argument: str) -> None:
        await self._subscribe(subscribed=False)

    async def _subscribe(self, *, subscribed: bool) -> None:
        folder = self._selected_real()
        if folder.subscribed != subscribed:
            verb = "subscribe to" if subscribed else "unsubscribe from"
            await self._perform(folder.account, Subscribe(folder.folder_id, subscribed), f"{verb} {folder.name}")
        self.tell(f"{'Subscribed to' if subscribed else 'Unsubscribed from'} {clean_line(folder.name)}.")

    def do_toggle_subscribed(self, argument: str) -> None:
        self._subscribed_only = not self._subscribed_only
        self._read()
        self.tell("Subscribed folders." if self._subscribed_only else "All folders.")

    async def _perform(self, account: str, action: Action, summary: str) -> None:
        self.services.store.perform(account, action, summary)
        self._read()
        await self.services.work_waits()
