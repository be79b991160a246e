"""The commands only the index has: limit, sort, collapse, patterns, folders, sync, leaving."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from termail.model.actions import Expunge, SetFlags
from termail.model.order import Order, SortKey
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.folder_names import complete_folder, folder_called
from termail.screens.listings import read_depths
from termail.screens.message_actions import DELETED, MessageActions
from termail.screens.pattern_words import complete_pattern
from termail.screens.virtual_folders import listing_of
from termail.widgets.message_list import MessageList

_SORT_LETTERS = {
    "d": SortKey.DATE,
    "f": SortKey.FROM,
    "r": SortKey.RECEIVED,
    "s": SortKey.SUBJECT,
    "o": SortKey.TO,
    "t": SortKey.THREADS,
    "u": SortKey.UNSORTED,
    "z": SortKey.SIZE,
    "c": SortKey.SCORE,
    "p": SortKey.SPAM,
    "l": SortKey.LABEL,
}
_SORT_LABEL = "d)ate f)rom r)ecv s)ubj o)to t)hread u)ns z)size c)score p)spam l)abel"
ROWS_AT_ONCE = 1_000
_NEXT_GROUPING = {SortKey.THREADS: SortKey.CONVERSATIONS, SortKey.CONVERSATIONS: SortKey.DATE}
_GROUPING_WORDS = {
    SortKey.DATE: "Messages by date.",
    SortKey.THREADS: "Threads of this folder.",
    SortKey.CONVERSATIONS: "Whole conversations, with what lies in Sent and in other folders.",
}


@dataclass(frozen=True, slots=True)
class PagerLeft:
    """What the pager returns: the message shown last, and a command to go on with in the index."""

    message_id: int
    command: str = ""
    argument: str = ""


class IndexDesk(MailDesk, Protocol):
    """What the index offers beyond a MailDesk."""

    messages: MessageList

    async def relist(self, order: Order, limit: str, *, to_message: int | None = None) -> None: ...

    def set_tag_prefix(self) -> None: ...

    def leave(self) -> None: ...


class IndexCommands:
    """A helper of the index screen."""

    def __init__(self, desk: IndexDesk, actions: MessageActions) -> None:
        self._desk, self._actions = desk, actions

    # --- reading

    async def do_display_message(self, argument: str) -> None:
        await self._read(full_headers=False)

    async def _read(self, *, full_headers: bool) -> None:
        row = current_row(self._desk)
        left: PagerLeft | None = await self._desk.visit(
            "pager", self._desk, row.message_id, self._actions, full_headers
        )
        if left is None:
            return
        line = self._desk.view.line_of(left.message_id)
        if line is not None:
            self._desk.go_to(line)
        if left.command:
            self._desk.run_command(left.command, left.argument)

    def do_journey(self, argument: str) -> None:
        row = current_row(self._desk)
        self._desk.go("journey", row.message_id, row.subject)

    def do_anatomy(self, argument: str) -> None:
        row = current_row(self._desk)
        self._desk.go("anatomy", row.message_id, row.subject)

    async def do_select_entry(self, argument: str) -> None:
        await self.do_display_message(argument)

    async def do_display_toggle_headers(self, argument: str) -> None:
        await self._read(full_headers=True)

    # --- which messages, in which order

    async def do_limit(self, argument: str) -> None:
        label = "Limit to messages matching (all shows everything): "
        pattern = argument or await self._desk.ask(
            label, self._desk.view.limit, history="pattern", complete=complete_pattern, offered=True
        )
        limit = "" if pattern.strip() in ("", "all", "~A", ".") else pattern.strip()
        await self._desk.relist(self._desk.view.order, limit)
        await self._desk.services.search_there(self._desk.view.folder.folder_id, limit)

    def do_show_limit(self, argument: str) -> None:
        limit = self._desk.view.limit
        self._desk.tell(f"Limit: {limit}" if limit else "No limit pattern is in effect.")

    async def do_sort_mailbox(self, argument: str) -> None:
        await self._sort(argument, reverse=False)

    async def do_sort_reverse(self, argument: str) -> None:
        await self._sort(argument, reverse=True)

    async def _sort(self, argument: str, *, reverse: bool) -> None:
        label = ("Rev: " if reverse else "Sort: ") + _SORT_LABEL
        by_name = {key.value: letter for letter, key in _SORT_LETTERS.items()}
        letter = by_name.get(argument, argument) or await self._desk.choose(label, "".join(_SORT_LETTERS))
        if letter not in _SORT_LETTERS:
            raise CommandError(f"Cannot sort by {argument!r}; allowed are {', '.join(by_name)}.")
        second = self._desk.view.order.second
        await self._desk.relist(Order(_SORT_LETTERS[letter], reverse, second), self._desk.view.limit)

    async def do_toggle_threads(self, argument: str) -> None:
        view = self._desk.view
        key = _NEXT_GROUPING.get(view.order.key, SortKey.THREADS)
        await self._desk.relist(Order(key, view.order.reverse, view.order.second), view.limit)
        self._desk.tell(_GROUPING_WORDS[key])

    def do_collapse_thread(self, argument: str) -> None:
        self._need_threads()
        line = self._desk.view.toggle_collapse(self._desk.line)
        self._desk.messages.lines_changed()
        self._desk.go_to(line)

    async def do_collapse_all(self, argument: str) -> None:
        self._need_threads()
        view = self._desk.view
        depths = await asyncio.to_thread(read_depths, self._desk.services.store, view.ids)
        message_id = view.id_at(self._desk.line)
        if len(depths) == len(view.ids):
            view.toggle_collapse_all(depths)
        self._desk.messages.lines_changed()
        line = view.line_of(message_id) if message_id is not None else None
        self._desk.go_to(line or 0)

    def _need_threads(self) -> None:
        current_row(self._desk)
        if not self._desk.view.is_threaded:
            raise CommandError("Threading is not on; o t sorts by thread.")

    # --- patterns

    async def do_delete_pattern(self, argument: str) -> None:
        ids = await self._matching(argument, "Delete messages matching: ")
        await self._actions.perform(SetFlags(ids, (DELETED,)), f"delete ({len(ids)})", ids)
        self._desk.tell(f"Marked {len(ids):,} as deleted.")

    async def do_undelete_pattern(self, argument: str) -> None:
        ids = await self._matching(argument, "Undelete messages matching: ")
        await self._actions.perform(SetFlags(ids, (), (DELETED,)), f"undelete ({len(ids)})", ids)
        self._desk.tell(f"Undeleted {len(ids):,}.")

    async def do_tag_pattern(self, argument: str) -> None:
        ids = await self._matching(argument, "Tag messages matching: ")
        self._desk.view.tagged.update(ids)
        self._desk.rows_changed(ids)

    async def do_untag_pattern(self, argument: str) -> None:
        ids = await self._matching(argument, "Untag messages matching: ")
        self._desk.view.tagged.difference_update(ids)
        self._desk.rows_changed(ids)

    async def _matching(self, argument: str, label: str) -> tuple[int, ...]:
        pattern = argument or await self._desk.ask(label, history="pattern", complete=complete_pattern)
        view = self._desk.view
        found = await asyncio.to_thread(
            listing_of, self._desk.services.store, view.folder, view.order, pattern, tagged=view.tagged
        )
        shown = set(view.ids)
        ids = tuple(message_id for message_id in found if message_id in shown)
        if not ids:
            raise CommandError("No messages matched.")
        return ids

    def do_tag_prefix(self, argument: str) -> None:
        self._desk.set_tag_prefix()

    # --- folders

    def do_toggle_write(self, argument: str) -> None:
        view = self._desk.view
        view.is_read_only = not view.is_read_only
        self._desk.rows_changed(())
        self._desk.tell("Changes will not be written." if view.is_read_only else "Changes will be written.")

    async def do_change_folder(self, argument: str) -> None:
        await self._change_folder(argument, read_only=False)

    async def do_change_folder_readonly(self, argument: str) -> None:
        await self._change_folder(argument, read_only=True)

    async def _change_folder(self, argument: str, *, read_only: bool) -> None:
        services, here = self._desk.services, self._desk.view.folder
        folders = services.folders()
        unread = next((folder for folder in folders if folder.unread and folder.folder_id != here.folder_id), None)
        name = argument or await self._desk.ask(
            "Open folder read-only: " if read_only else "Open folder: ",
            unread.name if unread is not None and unread.account == here.account else "",
            history="folder",
            complete=lambda text: complete_folder(text, folders, here.account),
            offered=True,
        )
        folder = folder_called(name, folders, here, services.previous_folder_id)
        if folder is None:
            raise CommandError(f"No folder {name!r}; y lists them.")
        self._desk.open_folder(folder, read_only=read_only)

    async def do_folder_list(self, argument: str) -> None:
        folder_id = await self._desk.visit("folders", self._desk.view.folder.folder_id)
        folder = self._desk.services.folder(folder_id) if folder_id else None
        if folder is not None:
            self._desk.open_folder(folder)

    async def do_search_everywhere(self, argument: str) -> None:
        await self._search("")

    async def do_search_account(self, argument: str) -> None:
        view = self._desk.view
        row = view.row_at(self._desk.line) if len(view) else None
        account = view.folder.account
        if not account and row is not None:
            account = self._desk.services.account_of(view.folder, row)
        await self._search(account)

    async def _search(self, account: str) -> None:
        chosen: tuple[str, int] | None = await self._desk.visit("search", account)
        if chosen is not None:
            query, message_id = chosen
            folder = await asyncio.to_thread(self._desk.services.virtual.searched, query, account)
            self._desk.open_folder(folder, to_message=message_id)

    def do_next_unread_folder(self, argument: str) -> None:
        here = self._desk.view.folder.folder_id
        for folder in self._desk.services.store.folders():
            if folder.unread and folder.folder_id != here:
                self._desk.open_folder(folder)
                return
        raise CommandError("No folder with new mail.")

    # --- sync and leaving

    async def do_sync_mailbox(self, argument: str) -> None:
        if not await self._purge():
            self._desk.tell("Nothing to remove." if not self._deleted_count() else "Nothing was removed.")

    async def do_quit(self, argument: str) -> None:
        if self._deleted_count():
            await self._purge()
        self._desk.leave()

    def do_exit(self, argument: str) -> None:
        """Undo the marks of this visit, the latest first."""
        for operation in reversed(self._actions.visit_operations):
            with contextlib.suppress(LookupError):
                self._desk.services.store.undo(operation)
        self._desk.leave()

    def _deleted_count(self) -> int:
        return sum(len(ids) for ids in self._deleted().values())

    def _deleted(self) -> dict[int, list[int]]:
        """What is marked, by the folder it lies in: of a virtual folder or a conversation that may be several."""
        store, view = self._desk.services.store, self._desk.view
        order = Order(SortKey.UNSORTED)
        if view.order.key is SortKey.CONVERSATIONS:
            shown = set(view.ids)
            ids = [entry for entry in store.search_listing("~D", view.folder.account, order) if entry in shown]
        else:
            ids = list(listing_of(store, view.folder, order, "~D"))
        found: dict[int, list[int]] = defaultdict(list)
        for start in range(0, len(ids), ROWS_AT_ONCE):
            for row in store.rows(ids[start : start + ROWS_AT_ONCE]):
                if row.is_deleted:
                    found[row.folder_id].append(row.message_id)
        return found

    async def _purge(self) -> bool:
        deleted = self._deleted()
        count = sum(len(ids) for ids in deleted.values())
        if not count:
            return False
        what = "1 deleted message" if count == 1 else f"{count:,} deleted messages"
        if not await self._desk.confirm(f"Purge {what}?"):
            return False
        for folder_id, ids in deleted.items():
            is_here = folder_id == self._desk.view.folder.folder_id
            await self._actions.perform(Expunge(folder_id, () if is_here else tuple(ids)), f"purge {what}", ())
        self._actions.visit_operations.clear()
        self._desk.reload()
        self._desk.tell(f"Purged {what}.")
        return True
