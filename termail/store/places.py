"""Where the server has each message: uids, moves on the way, copies without a uid yet."""

import json
from array import array
from collections.abc import Iterable, Sequence

from termail.store.contents import Contents
from termail.store.database import Database
from termail.store.pending import UNFINISHED, PendingPlaces
from termail.store.records import Arrived


class Places:
    """The map between our message ids and (folder, uid) on the server."""

    def __init__(self, database: Database, contents: Contents) -> None:
        self._database = database
        self._contents = contents
        self._pending = PendingPlaces(database)

    def known(self, folder_id: int, entry: Arrived, message_id_header: str) -> int | None:
        """The message we hold that this arrival is; its uid is noted. Inside a transaction."""
        if entry.uid:
            found = self._with_uid(folder_id, entry.uid)
            if found is not None:
                return found
        elif entry.uidl:
            return self._first(
                "SELECT message_id FROM messages WHERE remote_folder_id = ? AND uidl = ? AND uidl <> ''",
                (folder_id, entry.uidl),
            )
        found = self._waiting(folder_id, entry, message_id_header)
        if found is not None and entry.uid:
            self._settle(found, folder_id, entry.uid)
        return found

    def expected(self, folder_id: int, uids: Sequence[int]) -> set[int] | None:
        """Those of these uids that we hold: a new message needs no more questions. None while messages of the
        folder wait for their uid, when any arrival may be one of them."""
        if self._first(
            "SELECT 1 FROM messages WHERE remote_folder_id = ? AND uid = 0 AND uidl = '' LIMIT 1", (folder_id,)
        ):
            return None
        rows = self._database.query(
            "SELECT uid FROM json_each(?) CROSS JOIN messages"
            " WHERE remote_folder_id = ? AND uid = value AND uid > 0",
            (json.dumps(list(uids)), folder_id),
        )
        return {uid for (uid,) in rows}

    def uids(self, folder_id: int) -> "array[int]":
        """Ascending; also those the user has moved away here but not there yet."""
        rows = self._database.query(
            "SELECT uid FROM messages WHERE remote_folder_id = ? AND uid > 0 ORDER BY uid", (folder_id,)
        )
        return array("q", (uid for (uid,) in rows))

    def uidls(self, folder_id: int) -> set[str]:
        """POP3's unique ids."""
        rows = self._database.query(
            "SELECT uidl FROM messages WHERE remote_folder_id = ? AND uidl <> ''", (folder_id,)
        )
        return {uidl for (uidl,) in rows}

    def expunged_uidls(self, account: str) -> set[str]:
        """Unique ids of messages the user expunged; their nodes still tell whose they were."""
        rows = self._database.query(
            "SELECT uidl FROM messages JOIN nodes USING (node_id) JOIN accounts USING (account_id)"
            " WHERE folder_id = 0 AND uidl <> '' AND account = ?",
            (account,),
        )
        return {uidl for (uidl,) in rows}

    def uid_of(self, message_id: int) -> tuple[int, int] | None:
        """→ (folder id, uid) on the server; uid 0 while it is not known."""
        found: tuple[int, int] | None = self._database.query(
            "SELECT remote_folder_id, uid FROM messages WHERE message_id = ?", (message_id,)
        ).fetchone()
        return found

    def assign_uid(self, message_id: int, uid: int) -> None:
        """The server told where a message we moved, copied or appended is now. Inside a transaction."""
        destination = self._pending.destination(message_id)
        if destination is None:
            here = self.uid_of(message_id)
            if here is not None:
                self._settle(message_id, here[0], uid)
        else:
            self._settle(*destination, uid)

    def remove_uids(self, folder_id: int, uids: Sequence[int]) -> None:
        """Gone on the server. Inside a transaction.

        What an operation of ours is moving right now is not gone but under way; what was expunged here stays
        out of sight as long as the history can undo it.
        """
        for uid in uids:
            message_id = self._with_uid(folder_id, uid)
            if message_id is None:
                continue
            destination = self._pending.is_moving(message_id)
            expunged_here = (
                self._database.one("SELECT folder_id FROM messages WHERE message_id = ?", (message_id,)) == 0
            )
            if destination is not None or expunged_here:
                self.leave(message_id, destination or 0)
            else:
                self.drop([message_id])

    def leave(self, message_id: int, folder_id: int) -> None:
        """The server has it in that folder (0: nowhere) now, under a uid we do not know."""
        self._database.query(
            "UPDATE messages SET remote_folder_id = ?, uid = 0 WHERE message_id = ?", (folder_id, message_id)
        )

    def drop(self, message_ids: Iterable[int]) -> None:
        """Forget messages for good. Inside a transaction."""
        for message_id in message_ids:
            content_id = self._database.one("SELECT content_id FROM messages WHERE message_id = ?", (message_id,))
            if content_id is not None:
                self._database.query("DELETE FROM messages WHERE message_id = ?", (message_id,))
                self._contents.drop_unused(content_id)

    def drop_folder(self, folder_id: int) -> None:
        """Forget a folder with what is in it. Inside a transaction."""
        rows = self._database.query("SELECT message_id FROM messages WHERE folder_id = ?", (folder_id,)).fetchall()
        self.drop(message_id for (message_id,) in rows)
        self._database.query("DELETE FROM folders WHERE folder_id = ?", (folder_id,))

    def forget_uids(self, folder_id: int) -> None:
        """UIDVALIDITY changed (RFC 9051 §2.3.1.1). Inside a transaction."""
        self._database.query("UPDATE messages SET uid = 0 WHERE remote_folder_id = ? AND uid > 0", (folder_id,))

    def without_uid(self, folder_id: int) -> list[int]:
        """Messages thought to be in this folder of the server with no uid, not brought by an operation."""
        rows = self._database.query(
            "SELECT message_id FROM messages WHERE remote_folder_id = ? AND uid = 0 AND uidl = '' AND NOT EXISTS ("
            "SELECT 1 FROM operation_messages m JOIN operations o USING (operation_id)"
            f" WHERE m.message_id = messages.message_id AND o.state IN {UNFINISHED})",
            (folder_id,),
        )
        return [message_id for (message_id,) in rows]

    def _waiting(self, folder_id: int, entry: Arrived, header: str) -> int | None:
        """A message of ours whose uid in this folder is not known yet, by Message-ID and size."""
        if header:
            return self._first(
                "SELECT message_id FROM messages WHERE remote_folder_id = ? AND message_id_header = ?"
                " AND uid = 0 AND uidl = '' ORDER BY abs(size_octets - ?), message_id LIMIT 1",
                (folder_id, header, entry.size_octets),
            )
        return self._first(
            "SELECT message_id FROM messages WHERE remote_folder_id = ? AND message_id_header = ''"
            " AND uid = 0 AND uidl = '' AND size_octets = ? AND received = ? LIMIT 1",
            (folder_id, entry.size_octets, entry.internal_date),
        )

    def _settle(self, message_id: int, folder_id: int, uid: int) -> None:
        """This message is (folder, uid) on the server; a twin that arrived there by itself is dropped."""
        twin = self._with_uid(folder_id, uid)
        if twin is not None and twin != message_id:
            self.drop([twin])
        self._database.query(
            "UPDATE messages SET remote_folder_id = ?, uid = ? WHERE message_id = ?", (folder_id, uid, message_id)
        )

    def _with_uid(self, folder_id: int, uid: int) -> int | None:
        return self._first(
            "SELECT message_id FROM messages WHERE remote_folder_id = ? AND uid = ? AND uid > 0", (folder_id, uid)
        )

    def _first(self, sql: str, parameters: tuple[int | str | float, ...]) -> int | None:
        found: int | None = self._database.one(sql, parameters)
        return found
