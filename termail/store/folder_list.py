"""The server's list of folders against ours, with what the user changed and the server does not know yet."""

from collections.abc import Sequence

from termail.model.actions import CreateFolder, DeleteFolder, RenameFolder, Subscribe
from termail.model.folder import Folder
from termail.store.database import Database
from termail.store.effect import decode_effect
from termail.store.folders import Folders
from termail.store.pending import UNFINISHED, decode_action
from termail.store.places import Places
from termail.store.records import RemoteFolder


class FolderList:
    """Takes over a folder list from the server."""

    def __init__(self, database: Database, folders: Folders, places: Places) -> None:
        self._database = database
        self._folders = folders
        self._places = places

    def put(self, account: str, listed: Sequence[RemoteFolder]) -> list[Folder]:
        """→ all folders of the account. A folder that vanished goes when the server once had it."""
        with self._database.transaction():
            ignored, kept, subscribing = self._under_way(account)
            known = {folder.name: folder for folder in self._folders.all(account)}
            for entry in listed:
                folder = known.pop(entry.name, None)
                if folder is not None:
                    self._change(folder, entry, subscribing)
                elif entry.name not in ignored:
                    made = self._folders.create(account, entry.name, _role(entry), selectable=entry.selectable)
                    self._folders.set_subscribed(made, entry.subscribed)
            for folder in known.values():
                if folder.folder_id not in kept and self._folders.sync_state(folder.folder_id).uid_validity:
                    self._places.drop_folder(folder.folder_id)
        return self._folders.all(account)

    def _change(self, folder: Folder, entry: RemoteFolder, subscribing: set[int]) -> None:
        self._database.query(
            "UPDATE folders SET role = ?, selectable = ? WHERE folder_id = ? AND (role, selectable) <> (?, ?)",
            (*(_role(entry) or folder.role, entry.selectable), folder.folder_id)
            + (_role(entry) or folder.role, entry.selectable),
        )
        if folder.subscribed != entry.subscribed and folder.folder_id not in subscribing:
            self._folders.set_subscribed(folder.folder_id, entry.subscribed)

    def _under_way(self, account: str) -> tuple[set[str], set[int], set[int]]:
        """→ (names the server still lists but the user took away, folders the server does not list yet, folders
        whose subscription the user changed)."""
        ignored: set[str] = set()
        kept: set[int] = set()
        subscribing: set[int] = set()
        rows = self._database.query(
            f"SELECT action, effect FROM operations WHERE account = ? AND state IN {UNFINISHED}",
            (account,),
        ).fetchall()
        for packed, effect in rows:
            match decode_action(packed):
                case CreateFolder(name=name):
                    kept |= {folder.folder_id for folder in [self._folders.named(account, name)] if folder}
                case DeleteFolder(folder_id=folder_id):
                    ignored.add(
                        str(self._database.one("SELECT name FROM folders WHERE folder_id = ?", (folder_id,)))
                    )
                case RenameFolder(folder_id=folder_id):
                    renamed = self._folders.with_children(folder_id)
                    kept |= set(renamed)
                    old, new = decode_effect(effect).old_name, renamed.get(folder_id, "")
                    ignored |= {old + name[len(new) :] for name in renamed.values()}
                case Subscribe(folder_id=folder_id):
                    subscribing.add(folder_id)
                case _:
                    pass
        return ignored, kept, subscribing


def _role(entry: RemoteFolder) -> str:
    return entry.role or ("inbox" if entry.name.upper() == "INBOX" else "")
