"""What a user does to messages: flags, labels, tags, delete, save, copy; the same in index and pager."""

import re
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from termail.mime.sanitize import clean_line
from termail.model.actions import Action, CopyTo, MoveTo, Rethread, SetFlags
from termail.model.folder import Folder
from termail.screens.desk import CommandError, MailDesk, current_row, targets
from termail.screens.folder_names import complete_folder, folder_called

SEEN, FLAGGED, DELETED, ANSWERED = "\\Seen", "\\Flagged", "\\Deleted", "\\Answered"
JUNK, NOT_JUNK = "$Junk", "$NotJunk"
_FLAG_LETTERS = {
    "N": (SEEN, False),
    "O": (SEEN, False),
    "r": (ANSWERED, True),
    "!": (FLAGGED, True),
    "D": (DELETED, True),
}


class MessageActions:
    """Each action goes to store and journal in one transaction; `visit_operations` are what `x` undoes."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk
        self.visit_operations: list[int] = []

    # --- flags

    async def do_delete_message(self, argument: str) -> None:
        await self._mark(targets(self._desk), add=(DELETED,), words="delete")

    async def do_undelete_message(self, argument: str) -> None:
        await self._mark(targets(self._desk), remove=(DELETED,), words="undelete")

    async def do_delete_thread(self, argument: str) -> None:
        await self._mark(self._thread(), add=(DELETED,), words="delete thread")

    async def do_undelete_thread(self, argument: str) -> None:
        await self._mark(self._thread(), remove=(DELETED,), words="undelete thread")

    async def do_delete_subthread(self, argument: str) -> None:
        await self._mark(self._subthread(), add=(DELETED,), words="delete subthread")

    async def do_undelete_subthread(self, argument: str) -> None:
        await self._mark(self._subthread(), remove=(DELETED,), words="undelete subthread")

    async def do_read_thread(self, argument: str) -> None:
        await self._mark(self._thread(), add=(SEEN,), words="read thread")

    async def do_flag_message(self, argument: str) -> None:
        is_flagged = current_row(self._desk).is_flagged
        ids = targets(self._desk)
        if is_flagged:
            await self._mark(ids, remove=(FLAGGED,), words="unflag")
        else:
            await self._mark(ids, add=(FLAGGED,), words="flag")

    async def do_toggle_new(self, argument: str) -> None:
        is_read = current_row(self._desk).is_read
        ids = targets(self._desk)
        if is_read:
            await self._mark(ids, remove=(SEEN,), words="mark unread")
        else:
            await self._mark(ids, add=(SEEN,), words="mark read")

    async def do_set_flag(self, argument: str) -> None:
        await self._set_flag(argument, to_set=True)

    async def do_clear_flag(self, argument: str) -> None:
        await self._set_flag(argument, to_set=False)

    async def _set_flag(self, argument: str, *, to_set: bool) -> None:
        ids = targets(self._desk)
        label = "Set flag" if to_set else "Clear flag"
        letter = argument[:1] or await self._desk.choose(
            f"{label} (N new, O old, r replied, ! important, D deleted): ", "NOr!D"
        )
        if letter not in _FLAG_LETTERS:
            raise CommandError(f"No flag {letter!r}; allowed are {' '.join(_FLAG_LETTERS)}")
        flag, present = _FLAG_LETTERS[letter]
        add = (flag,) if present == to_set else ()
        remove = () if add else (flag,)
        await self._mark(ids, add=add, remove=remove, words=label.lower())

    def _thread(self) -> tuple[int, ...]:
        current_row(self._desk)
        return self._desk.view.thread_ids(self._desk.line)

    def _subthread(self) -> tuple[int, ...]:
        current_row(self._desk)
        return self._desk.view.subthread_ids(self._desk.line)

    async def _mark(
        self, ids: Sequence[int], *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), words: str
    ) -> None:
        await self.perform(
            SetFlags(tuple(ids), add, remove), f"{words} ({len(ids)})" if len(ids) > 1 else words, ids
        )
        if len(ids) == 1:
            self._desk.advance()

    async def mark_read(self, message_id: int) -> None:
        """Reading marks read."""
        await self.perform(SetFlags((message_id,), (SEEN,)), "read", (message_id,), is_mark=False)

    async def perform(self, action: Action, summary: str, ids: Sequence[int], *, is_mark: bool = True) -> None:
        """Into the store and its journal; then the lines change and the agent hears of it."""
        if self._desk.view.is_read_only and not isinstance(action, CopyTo):
            if not is_mark:
                return
            raise CommandError("The folder is open read-only; % allows changes.")
        for account, part in self._by_account(action):
            operation = self._desk.services.store.perform(account, part, summary)
            if is_mark and isinstance(action, SetFlags):
                self.visit_operations.append(operation)
        self._desk.rows_changed(ids)
        await self._desk.services.work_waits()

    def _by_account(self, action: Action) -> list[tuple[str, Action]]:
        """In a virtual folder the messages may be of several accounts, and each has a journal."""
        services, folder = self._desk.services, self._desk.view.folder
        if folder.account or not isinstance(action, SetFlags | MoveTo | CopyTo | Rethread):
            return [(folder.account or self._account_of_folder(action), action)]
        parts: dict[str, list[int]] = defaultdict(list)
        for row in services.store.rows(action.message_ids):
            parts[services.account_of(folder, row)].append(row.message_id)
        return [(name, msgspec.structs.replace(action, message_ids=tuple(ids))) for name, ids in parts.items()]

    def _account_of_folder(self, action: Action) -> str:
        folder = self._desk.services.store.folder(getattr(action, "folder_id", 0))
        return folder.account if folder is not None else ""

    # --- tags

    def do_tag_entry(self, argument: str) -> None:
        if self._desk.take_tag_prefix():
            ids = tuple(self._desk.view.tagged)
            self._desk.view.tagged.clear()
            self._desk.rows_changed(ids)
            return
        current_row(self._desk)
        self._toggle_tags(self._desk.view.covered_ids(self._desk.line))
        self._desk.advance()

    def do_tag_thread(self, argument: str) -> None:
        self._toggle_tags(self._thread())

    def _toggle_tags(self, ids: tuple[int, ...]) -> None:
        tagged = self._desk.view.tagged
        if tagged.issuperset(ids):
            tagged.difference_update(ids)
        else:
            tagged.update(ids)
        self._desk.rows_changed(ids)

    # --- to other folders

    async def do_save_message(self, argument: str) -> None:
        await self._to_folder(argument, "Move", MoveTo)

    async def do_copy_message(self, argument: str) -> None:
        await self._to_folder(argument, "Copy", CopyTo)

    async def _to_folder(self, argument: str, verb: str, action: type[MoveTo] | type[CopyTo]) -> None:
        ids = targets(self._desk)
        store, here = self._desk.services.store, self._home(ids)
        folders = store.folders(here.account)
        archive = store.folder_with_role(here.account, "archive")
        what = f"{len(ids)} messages" if len(ids) > 1 else "message"
        name = argument or await self._desk.ask(
            f"{verb} {what} to folder: ",
            archive.name if archive and archive != here else "",
            history="folder",
            complete=lambda text: complete_folder(text, folders, here.account),
            offered=True,
        )
        target = folder_called(name, folders, here, self._desk.services.previous_folder_id)
        if target is None:
            raise CommandError(f"No folder {name!r} in {here.account}; C in the folder list (y) makes one.")
        if target.folder_id == here.folder_id:
            raise CommandError("The message is in this folder already.")
        if action is MoveTo:
            await self._move(ids, target, f"move to {target.name}")
        else:
            await self.perform(action(ids, target.folder_id), f"copy to {target.name}", ids)
        self._desk.tell(f"{'Moved' if action is MoveTo else 'Copied'} {what} to {target.name}.")

    async def _move(self, ids: Sequence[int], target: Folder, summary: str) -> None:
        await self.perform(MoveTo(tuple(ids), target.folder_id), summary, ids)
        self._desk.view.tagged.difference_update(ids)
        self._desk.reload()

    async def do_junk_message(self, argument: str) -> None:
        """The keyword and the move both train the filter of a server that learns, each message once."""
        ids = targets(self._desk)
        store, here = self._desk.services.store, self._home(ids)
        junk = store.folder_with_role(here.account, "junk") or store.folder_named(here.account, "Junk")
        inbox = store.folder_with_role(here.account, "inbox")
        if junk is None or inbox is None:
            raise CommandError(f"{here.account} has no folder Junk; C in the folder list (y) makes one.")
        is_junk = here.folder_id != junk.folder_id
        add, remove = (JUNK, NOT_JUNK) if is_junk else (NOT_JUNK, JUNK)
        await self.perform(SetFlags(ids, (add,), (remove,)), "junk" if is_junk else "not junk", ids)
        await self._move(ids, junk if is_junk else inbox, "to Junk" if is_junk else "out of Junk")
        what = f"{len(ids)} messages" if len(ids) > 1 else "The message"
        self._desk.tell(
            f"{what} went to {junk.name} as junk." if is_junk else f"No junk: {what} went to the inbox."
        )

    def _home(self, ids: Sequence[int]) -> Folder:
        """The folder the messages lie in; only those of one account move together."""
        services, folder = self._desk.services, self._desk.view.folder
        if not folder.search:
            return folder
        homes = [services.store.folder(row.folder_id) for row in services.store.rows(ids)]
        known = [home for home in homes if home is not None]
        if len({home.account for home in known}) != 1:
            raise CommandError("These messages are of several accounts: move or copy those of one at a time.")
        return known[0]

    # --- the message itself

    async def do_edit_label(self, argument: str) -> None:
        ids = targets(self._desk)
        row = current_row(self._desk)
        mine = sorted(word for word in row.keywords if not word.startswith(("\\", "$")))
        typed = argument or await self._desk.ask("Labels: ", " ".join(mine), history="label")
        wanted = typed.split()
        for word in wanted:
            if not re.fullmatch(r"[^\s(){%*\"\\\]\x00-\x1f\x7f-\uffff]{1,64}", word):
                raise CommandError(f"{word!r} cannot be a label: letters, digits and signs like - _ . only.")
        remove = tuple(word for word in mine if word not in wanted)
        add = tuple(word for word in wanted if word not in mine)
        if add or remove:
            await self.perform(SetFlags(ids, add, remove), "label", ids)
        self._desk.tell(f"Labels: {' '.join(wanted)}." if wanted else "No labels.")

    def do_display_address(self, argument: str) -> None:
        row = current_row(self._desk)
        name = f"{row.sender_name} " if row.sender_name else ""
        self._desk.tell(clean_line(f"{name}<{row.sender_address}>"))

    async def do_view_attachments(self, argument: str) -> None:
        row = current_row(self._desk)
        await self._desk.services.shown_body(row.message_id)
        self._desk.go("attachments", row.message_id)
