"""What a user action does to the local store, and how that is taken back."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from termail.model.actions import (
    Action,
    AppendTo,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    Rethread,
    SetFlags,
    Subscribe,
)
from termail.store import flags as flag_bits
from termail.store.arrivals import Arrivals
from termail.store.contents import Contents
from termail.store.database import Database
from termail.store.effect import Effect, FlagChange
from termail.store.folders import Folders
from termail.store.places import Places
from termail.store.rethreading import Rethreading

NOWHERE: Final = 0
"""The folder of messages that were expunged: kept out of sight for undo until the history is tidied."""


class Effects:
    """Applies actions locally; every method inside a transaction."""

    def __init__(
        self,
        database: Database,
        folders: Folders,
        contents: Contents,
        places: Places,
        arrivals: Arrivals,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._folders = folders
        self._contents = contents
        self._places = places
        self._arrivals = arrivals
        self._clock = clock
        self._rethreading = Rethreading(database)
        self._apply: Final[dict[type, Callable[[str, Any], Effect]]] = {
            SetFlags: self._set_flags,
            MoveTo: self._move,
            CopyTo: self._copy,
            Expunge: self._expunge,
            AppendTo: self._append,
            CreateFolder: self._create_folder,
            DeleteFolder: self._delete_folder,
            RenameFolder: self._rename_folder,
            Subscribe: self._subscribe,
            Rethread: self._rethread,
        }

    def apply(self, account: str, action: Action) -> Effect:
        """Do it here → what changed. Raises LookupError for a folder that does not exist."""
        return self._apply[type(action)](account, action)

    def revert(self, effect: Effect) -> None:
        """Take back what is still as the action left it."""
        for change in effect.flags:
            self._change_flags(change.message_id, change.removed, change.added)
        for message_id, folder_id in effect.moved:
            self._put_in(message_id, folder_id)
        self._places.drop(effect.created)
        for node_id, parent_id, pinned in reversed(effect.hung):
            self._rethreading.put(node_id, parent_id, pinned=pinned)
        if effect.was_subscribed is not None:
            self._folders.set_subscribed(effect.folder_id, effect.was_subscribed)
        elif effect.old_name:
            self._folders.rename(effect.folder_id, effect.old_name)
        elif effect.folder_id:
            self._folders.toggle_hidden(effect.folder_id)

    def raw(self, message_id: int) -> bytes:
        """The whole message, which the caller knows is held."""
        return self._contents.raw(message_id) or b""

    def _set_flags(self, account: str, action: SetFlags) -> Effect:
        changes = (self._change_flags(entry, action.add, action.remove) for entry in action.message_ids)
        return Effect(flags=tuple(change for change in changes if change is not None))

    def _change_flags(self, message_id: int, add: Iterable[str], remove: Iterable[str]) -> FlagChange | None:
        row = self._database.query(
            "SELECT flags, keywords FROM messages WHERE message_id = ?", (message_id,)
        ).fetchone()
        if row is None:
            return None
        before = flag_bits.names(row[0], flag_bits.unpack(row[1]))
        bits, keywords = _changed(before, add, remove)
        after = flag_bits.names(bits, keywords)
        if after != before:
            self._database.query(
                "UPDATE messages SET flags = ?, keywords = ? WHERE message_id = ?",
                (bits | row[0] & flag_bits.OLD, flag_bits.pack(keywords), message_id),
            )
        return FlagChange(message_id, tuple(sorted(after - before)), tuple(sorted(before - after)))

    def _move(self, account: str, action: MoveTo) -> Effect:
        self._require(account, action.folder_id)
        moved = []
        for message_id in action.message_ids:
            here = self._database.one("SELECT folder_id FROM messages WHERE message_id = ?", (message_id,))
            if here is not None and here != action.folder_id:
                self._put_in(message_id, action.folder_id)
                moved.append((message_id, here))
        return Effect(moved=tuple(moved))

    def _copy(self, account: str, action: CopyTo) -> Effect:
        self._require(account, action.folder_id)
        copies = (self.copy_row(entry, action.folder_id) for entry in action.message_ids)
        return Effect(created=tuple(copy for copy in copies if copy is not None))

    def copy_row(self, message_id: int, folder_id: int) -> int | None:
        """A second row for the same content, without a uid → its id."""
        columns = [row[1] for row in self._database.query("PRAGMA table_info(messages)")]
        shared = [
            name for name in columns if name not in ("message_id", "folder_id", "remote_folder_id", "uid", "uidl")
        ]
        cursor = self._database.query(
            f"INSERT INTO messages (folder_id, remote_folder_id, uid, uidl, {', '.join(shared)})"
            f" SELECT ?, ?, 0, '', {', '.join(shared)} FROM messages WHERE message_id = ?",
            (folder_id, folder_id, message_id),
        )
        return cursor.lastrowid if cursor.rowcount == 1 else None

    def _expunge(self, account: str, action: Expunge) -> Effect:
        self._require(account, action.folder_id)
        rows = self._database.query(
            "SELECT message_id FROM messages WHERE folder_id = ? AND flags & 8 ORDER BY message_id",
            (action.folder_id,),
        ).fetchall()
        chosen = frozenset(action.message_ids)
        gone = [entry for (entry,) in rows if not chosen or entry in chosen]
        for message_id in gone:
            self._put_in(message_id, NOWHERE)
        return Effect(moved=tuple((message_id, action.folder_id) for message_id in gone))

    def _append(self, account: str, action: AppendTo) -> Effect:
        self._require(account, action.folder_id)
        message_id = self._arrivals.add_local(account, action.folder_id, action.raw, action.flags, self._clock())
        return Effect(created=(message_id,))

    def _create_folder(self, account: str, action: CreateFolder) -> Effect:
        self._folders.require_free(account, action.name)
        return Effect(folder_id=self._folders.create(account, action.name))

    def _delete_folder(self, account: str, action: DeleteFolder) -> Effect:
        self._require(account, action.folder_id)
        self._database.query("UPDATE folders SET hidden = 1 WHERE folder_id = ?", (action.folder_id,))
        return Effect(folder_id=action.folder_id)

    def _rename_folder(self, account: str, action: RenameFolder) -> Effect:
        self._require(account, action.folder_id)
        old = self._database.one("SELECT name FROM folders WHERE folder_id = ?", (action.folder_id,))
        self._folders.rename(action.folder_id, action.name)
        return Effect(folder_id=action.folder_id, old_name=str(old))

    def _subscribe(self, account: str, action: Subscribe) -> Effect:
        self._require(account, action.folder_id)
        before = self._folders.set_subscribed(action.folder_id, action.subscribed)
        return Effect(folder_id=action.folder_id, was_subscribed=before)

    def _rethread(self, account: str, action: Rethread) -> Effect:
        parent = self._rethreading.node_of(action.under) if action.under else 0
        hung = []
        for message_id in action.message_ids:
            node = self._rethreading.node_of(message_id)
            before = self._rethreading.place_of(node)
            if node and node != parent and self._rethreading.put(node, parent, pinned=True):
                hung.append((node, *before))
        return Effect(hung=tuple(hung))

    def _put_in(self, message_id: int, folder_id: int) -> None:
        self._database.query("UPDATE messages SET folder_id = ? WHERE message_id = ?", (folder_id, message_id))

    def _require(self, account: str, folder_id: int) -> None:
        folder = self._folders.get(folder_id)
        if folder is None or folder.account != account:
            raise LookupError(f"account {account} has no folder {folder_id}")


def _changed(before: frozenset[str], add: Iterable[str], remove: Iterable[str]) -> tuple[int, frozenset[str]]:
    add_bits, add_keywords = flag_bits.split(add)
    remove_bits, remove_keywords = flag_bits.split(remove)
    bits, keywords = flag_bits.split(before)
    return (bits & ~remove_bits) | add_bits, (keywords - remove_keywords) | add_keywords
