"""The user's actions replayed to the server, each until it is done once.

Conflicts, when the server changed meanwhile: a message that is gone there needs nothing more (done). A folder
that is gone fails the operation with that reason, and the store takes its local effect back; deleting it, or
making one that is there, is done. Flags: the user's change is made on top of the server's state. A message
moved elsewhere by another client stays there. Expunge removes only what still carries \\Deleted there; what
another client undeleted comes back with the next sync. An attempt whose end we did not see is looked up by
Message-ID before anything is copied or appended again, so nothing is doubled.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from termail.mime.headers import first_value, scan_headers
from termail.model.actions import (
    AppendTo,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    SetFlags,
    Subscribe,
)
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.errors import ImapRefused
from termail.mra.imap.sets import uid_sets
from termail.mra.sync.mailboxes import Mailboxes
from termail.store.local_store import LocalStore, Operation

_FLAG: Final = re.compile(r'\\?[^\s(){%*"\\\]\x00-\x1f\x7f-\uffff]{1,100}')


class Impossible(Exception):
    """The operation can never be done; the text says why."""


class NotYet(Exception):
    """Something must be synced first: the uid of a message in `folder_id` is not known."""

    def __init__(self, folder_id: int) -> None:
        super().__init__("the server has not told yet where the message is")
        self.folder_id = folder_id


class Replay:
    """`run` returns when the operation is done on the server → ids of folders that should be synced. Raises
    Impossible, NotYet, ImapRefused, ImapGone."""

    def __init__(self, connection: ImapConnection, store: LocalStore, mailboxes: Callable[[], Mailboxes]) -> None:
        self._connection = connection
        self._store = store
        self._mailboxes = mailboxes

    async def run(self, operation: Operation) -> set[int]:
        """See the class."""
        match operation.action:
            case SetFlags() as action:
                await self._set_flags(operation, action)
            case MoveTo() as action:
                return await self._move(operation, action)
            case CopyTo() as action:
                return await self._copy(operation, action)
            case Expunge() as action:
                await self._expunge(operation, action)
            case AppendTo() as action:
                return await self._append(operation, action)
            case CreateFolder(name=name):
                await self._create(name)
            case DeleteFolder():
                await self._delete(self._store.name_on_server(operation.operation_id))
            case RenameFolder(name=name):
                await self._rename(self._store.name_on_server(operation.operation_id), name)
            case Subscribe(folder_id=folder_id, subscribed=subscribed):
                await self._connection.subscribe(self._wire_name_of(folder_id), subscribed=subscribed)
        return set()

    # --- flags

    async def _set_flags(self, operation: Operation, action: SetFlags) -> None:
        for folder_id, by_uid in self._by_folder(operation.message_ids).items():
            await self._open(folder_id)
            for text, _ in uid_sets(by_uid):
                for change, names in (("+FLAGS", action.add), ("-FLAGS", action.remove)):
                    flags = [name for name in names if name.lower() != "\\recent"]
                    if not all(_FLAG.fullmatch(name) for name in flags):
                        raise Impossible(f"no server takes a flag with this name: {' '.join(flags)}")
                    if flags:
                        await self._connection.store(text, change, flags)

    # --- moving and copying

    async def _move(self, operation: Operation, action: MoveTo) -> set[int]:
        target = self._wire_name_of(action.folder_id)
        dirty = {action.folder_id}
        for folder_id, by_uid in self._by_folder(operation.message_ids).items():
            if folder_id == action.folder_id:
                continue
            await self._open(folder_id)
            dirty.add(folder_id)
            if not self._connection.offers("MOVE") and operation.attempts > 1:
                await self._finish_old_copies(folder_id, by_uid, action.folder_id)
            for text, covered in uid_sets(by_uid):
                if self._connection.offers("MOVE"):
                    placed = await self._connection.move(text, target)
                else:
                    placed = await self._connection.copy(text, target)
                    await self._remove(text, covered)
                for old, new in placed.uids.items():
                    if old in by_uid:
                        self._store.assign_uid(by_uid[old], new)
        return dirty

    async def _finish_old_copies(self, source: int, by_uid: dict[int, int], target: int) -> None:
        """The copy was made and the removal not: only the removal is left."""
        copied = []
        for uid, message_id in list(by_uid.items()):
            if await self._found(target, self._message_id_header(message_id)):
                copied.append(uid)
                del by_uid[uid]
        await self._open(source)
        for text, covered in uid_sets(copied):
            await self._remove(text, covered)

    async def _copy(self, operation: Operation, action: CopyTo) -> set[int]:
        target = self._wire_name_of(action.folder_id)
        originals = [entry for entry in action.message_ids if entry in set(operation.message_ids)]
        copies = dict(zip(originals, operation.results, strict=False))
        for folder_id, by_uid in self._by_folder(operation.message_ids).items():
            if operation.attempts > 1:
                known = set(self._store.uids(action.folder_id))
                for uid, message_id in list(by_uid.items()):
                    found = await self._found(action.folder_id, self._message_id_header(message_id))
                    fresh = [entry for entry in found if entry not in known]
                    if fresh:
                        del by_uid[uid]
                        self._store.assign_uid(copies[message_id], max(fresh))
            await self._open(folder_id)
            for text, _ in uid_sets(by_uid):
                placed = await self._connection.copy(text, target)
                for old, new in placed.uids.items():
                    if by_uid.get(old) in copies:
                        self._store.assign_uid(copies[by_uid[old]], new)
        return {action.folder_id}

    # --- removing

    async def _expunge(self, operation: Operation, action: Expunge) -> None:
        by_uid = self._by_folder(operation.message_ids).get(action.folder_id, {})
        if not by_uid:
            return
        await self._open(action.folder_id)
        if self._connection.offers("UIDPLUS"):
            for text, _ in uid_sets(by_uid):
                await self._connection.expunge(text)
            return
        marked = set(await self._connection.search("DELETED"))
        if action.message_ids and not marked <= set(by_uid):
            raise Impossible("this server can only remove all messages that are marked, and others are marked too")
        await self._connection.expunge()

    async def _remove(self, text: str, uids: Sequence[int]) -> None:
        """The second half of a move where there is no MOVE; others' deleted messages are left alone."""
        await self._connection.store(text, "+FLAGS", ["\\Deleted"])
        if self._connection.offers("UIDPLUS"):
            await self._connection.expunge(text)
        elif set(await self._connection.search("DELETED")) <= set(uids):
            await self._connection.expunge()

    # --- appending

    async def _append(self, operation: Operation, action: AppendTo) -> set[int]:
        wire_name = self._wire_name_of(action.folder_id)
        uid = 0
        if operation.attempts > 1 or self._connection.offers(
            "X-GM-EXT-1"
        ):  # Gmail files what it submits by itself
            uid = max(await self._found(action.folder_id, action.message_id_header), default=0)
        if not uid:
            flags = [name for name in action.flags if _FLAG.fullmatch(name) and name.lower() != "\\recent"]
            uid = await self._connection.append(wire_name, action.raw, flags)
        if uid:
            for message_id in operation.results:
                self._store.assign_uid(message_id, uid)
        return {action.folder_id}

    # --- folders

    async def _create(self, name: str) -> None:
        try:
            await self._connection.create(self._wire_name(name))
        except ImapRefused as error:
            if error.code != "ALREADYEXISTS" and name not in await self._listed():
                raise

    async def _delete(self, name: str) -> None:
        try:
            await self._connection.delete(self._wire_name(name))
        except ImapRefused as error:
            if error.code != "NONEXISTENT" and name in await self._listed():
                raise

    async def _rename(self, old: str, new: str) -> None:
        try:
            await self._connection.rename(self._wire_name(old), self._wire_name(new))
        except ImapRefused:
            listed = await self._listed()
            if old in listed or new not in listed:
                raise

    async def _listed(self) -> Mailboxes:
        return Mailboxes(await self._connection.list_mailboxes())

    # --- places

    def _by_folder(self, message_ids: Sequence[int]) -> dict[int, dict[int, int]]:
        """{folder id: {uid: message id}} as the server has them; what is gone is left out. Raises NotYet."""
        places: dict[int, dict[int, int]] = defaultdict(dict)
        for message_id in message_ids:
            place = self._store.uid_of(message_id)
            if place is None or not place[0]:
                continue
            if not place[1]:
                raise NotYet(place[0])
            places[place[0]][place[1]] = message_id
        return places

    def _wire_name(self, name: str) -> bytes:
        try:
            return self._mailboxes().wire_name(name)
        except ValueError as error:
            raise Impossible(str(error)) from error

    def _wire_name_of(self, folder_id: int) -> bytes:
        folder = self._store.folder(folder_id)
        if folder is None:
            raise Impossible("the folder is gone")
        return self._wire_name(folder.name)

    async def _open(self, folder_id: int) -> None:
        """Select it, and make sure our uids are about the same mailbox."""
        wire_name = self._wire_name_of(folder_id)
        selected = self._connection.selected
        if selected is None or selected.wire_name != wire_name:
            selected = await self._connection.select(wire_name)
        known = self._store.sync_state(folder_id).uid_validity
        if known and known != selected.uid_validity:
            raise NotYet(folder_id)

    async def _found(self, folder_id: int, message_id_header: str) -> list[int]:
        """Uids of that Message-ID in a folder."""
        if not message_id_header:
            return []
        await self._open(folder_id)
        return await self._connection.search_header("Message-ID", message_id_header)

    def _message_id_header(self, message_id: int) -> str:
        raw = first_value(scan_headers(self._store.header(message_id)), "message-id")
        return raw.decode("ascii", "replace").strip()
