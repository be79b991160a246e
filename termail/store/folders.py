"""Accounts and folders, with their counts."""

from typing import Any, Final

from termail.model.folder import Folder
from termail.store.database import Database
from termail.store.records import SyncState

_COLUMNS: Final = "folder_id, account, name, role, total, unread, flagged, subscribed"
MARKED_AT_ONCE: Final = 2_000
_ROLE_ORDER: Final = ("inbox", "drafts", "sent", "archive", "junk", "trash", "outbox", "")


class Folders:
    """What the folder list shows and what the MRA remembers of each folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, account: str | None = None) -> list[Folder]:
        """Ordered by account, role, name."""
        chosen = "hidden = 0" if account is None else "hidden = 0 AND account = ?"
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM folders WHERE {chosen}",
            () if account is None else (account,),
        )
        found = [_folder(row) for row in rows]
        return sorted(
            found, key=lambda entry: (entry.account, _rank(entry.role), entry.name.casefold(), entry.name)
        )

    def get(self, folder_id: int) -> Folder | None:
        """A folder the user can see."""
        return self._one("folder_id = ?", (folder_id,))

    def named(self, account: str, name: str) -> Folder | None:
        """INBOX in any case (RFC 9051 §5.1), other names as they are."""
        if name.upper() == "INBOX":
            return self._one("account = ? AND upper(name) = 'INBOX'", (account,))
        return self._one("account = ? AND name = ?", (account, name))

    def with_role(self, account: str, role: str) -> Folder | None:
        """The account's folder with that role; by its usual name when the server tells none (RFC 6154)."""
        found = self._one("account = ? AND role = ? ORDER BY folder_id", (account, role))
        return found or (self.named(account, role) if role == "inbox" else None)

    def create(self, account: str, name: str, role: str = "", *, selectable: bool = True) -> int:
        """Inside a transaction → folder id."""
        self.account_id(account)
        folder_id = self._database.query(
            "INSERT INTO folders (account, name, role, selectable) VALUES (?, ?, ?, ?)",
            (account, name, role, selectable),
        ).lastrowid
        assert folder_id is not None
        return folder_id

    def mark_old(self, folder_id: int) -> None:
        """Unread messages of the folder were listed once. In short transactions."""
        marked = MARKED_AT_ONCE
        while marked == MARKED_AT_ONCE:
            with self._database.transaction():
                marked = self._database.query(
                    "UPDATE messages SET flags = flags | 32 WHERE message_id IN"
                    " (SELECT message_id FROM messages WHERE folder_id = ? AND flags & 33 = 0 LIMIT ?)",
                    (folder_id, MARKED_AT_ONCE),
                ).rowcount

    def with_children(self, folder_id: int) -> dict[int, str]:
        """The folder and those below it, by id."""
        name = self._database.one("SELECT name FROM folders WHERE folder_id = ?", (folder_id,))
        rows = self._database.query(
            "SELECT folder_id, name FROM folders WHERE hidden = 0"
            " AND account = (SELECT account FROM folders WHERE folder_id = ?)"
            " AND (folder_id = ? OR substr(name, 1, length(?) + 1) = ? || '/')",
            (folder_id, folder_id, name, name),
        )
        return dict(rows.fetchall())

    def rename(self, folder_id: int, name: str) -> None:
        """With the folders below it (RFC 9051 §6.3.6). Inside a transaction. Raises LookupError when taken."""
        renamed = self.with_children(folder_id)
        old = renamed.get(folder_id, "")
        for entry, entry_name in renamed.items():
            self.require_free(self.account_of(folder_id), name + entry_name[len(old) :])
            self._database.query(
                "UPDATE folders SET name = ? WHERE folder_id = ?", (name + entry_name[len(old) :], entry)
            )

    def toggle_hidden(self, folder_id: int) -> None:
        """Take a folder out of sight, or bring it back. Inside a transaction. Raises LookupError."""
        hidden, name = self._database.query(
            "SELECT hidden, name FROM folders WHERE folder_id = ?", (folder_id,)
        ).fetchone()
        if hidden:
            self.require_free(self.account_of(folder_id), name)
        self._database.query("UPDATE folders SET hidden = ? WHERE folder_id = ?", (not hidden, folder_id))

    def require_free(self, account: str, name: str) -> None:
        """Raises LookupError when there is such a folder."""
        if self.named(account, name) is not None:
            raise LookupError(f"there is a folder {name} already")

    def set_subscribed(self, folder_id: int, subscribed: bool) -> bool:
        """Inside a transaction → what it was before."""
        before = self._database.one("SELECT subscribed FROM folders WHERE folder_id = ?", (folder_id,))
        self._database.query("UPDATE folders SET subscribed = ? WHERE folder_id = ?", (subscribed, folder_id))
        return bool(before)

    def set_role(self, folder_id: int, role: str) -> None:
        """Inside a transaction."""
        self._database.query("UPDATE folders SET role = ? WHERE folder_id = ?", (role, folder_id))

    def account_id(self, account: str) -> int:
        """Inside a transaction: the number of an account, made when new."""
        found = self._database.one("SELECT account_id FROM accounts WHERE account = ?", (account,))
        if found is None:
            self._database.query(
                "INSERT INTO accounts (account, account_id)"
                " SELECT ?, coalesce(max(account_id), 0) + 1 FROM accounts",
                (account,),
            )
            found = self._database.one("SELECT account_id FROM accounts WHERE account = ?", (account,))
        return int(found)

    def account_of(self, folder_id: int) -> str:
        """Whose folder it is. Raises LookupError."""
        account = self._database.one("SELECT account FROM folders WHERE folder_id = ?", (folder_id,))
        if account is None:
            raise LookupError(f"there is no folder {folder_id}")
        return str(account)

    def addresses(self, account: str) -> frozenset[str]:
        """The user's own addresses, lower case."""
        found = self._database.one("SELECT addresses FROM accounts WHERE account = ?", (account,))
        return frozenset((found or "").split("\n")) - {""}

    def sync_state(self, folder_id: int) -> SyncState:
        """Zeros for a folder never synced."""
        row = self._database.query(
            "SELECT uid_validity, uid_next, highest_modseq, complete_above_uid FROM folders WHERE folder_id = ?",
            (folder_id,),
        ).fetchone()
        if row is None:
            return SyncState()
        return SyncState(uid_validity=row[0], uid_next=row[1], highest_modseq=row[2], complete_above_uid=row[3])

    def put_sync_state(self, folder_id: int, state: SyncState) -> None:
        """Inside a transaction."""
        self._database.query(
            "UPDATE folders SET uid_validity = ?, uid_next = ?, highest_modseq = ?, complete_above_uid = ?"
            " WHERE folder_id = ?",
            (state.uid_validity, state.uid_next, state.highest_modseq, state.complete_above_uid, folder_id),
        )

    def _one(self, condition: str, parameters: tuple[Any, ...]) -> Folder | None:
        row = self._database.query(
            f"SELECT {_COLUMNS} FROM folders WHERE hidden = 0 AND {condition}",
            parameters,
        ).fetchone()
        return None if row is None else _folder(row)


def _folder(row: tuple[Any, ...]) -> Folder:
    *columns, subscribed = row
    names = ("folder_id", "account", "name", "role", "total", "unread", "flagged")
    return Folder(**dict(zip(names, columns, strict=True)), subscribed=bool(subscribed))


def _rank(role: str) -> int:
    return _ROLE_ORDER.index(role) if role in _ROLE_ORDER else len(_ROLE_ORDER)
