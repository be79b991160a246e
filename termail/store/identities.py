"""Who the user is: the addresses that make a message "to me" or "from me"."""

from collections.abc import Iterable

from termail.mime.headers import summarize
from termail.store.database import Database
from termail.store.folders import Folders
from termail.store.reading import storable, to_me, unpack

CHUNK = 500


class Identities:
    """Kept in the store, so that both processes agree."""

    def __init__(self, database: Database, folders: Folders) -> None:
        self._database = database
        self._folders = folders

    def set_addresses(self, account: str, addresses: Iterable[str]) -> None:
        """Nothing happens when they are the same as before; otherwise the account's messages are read again."""
        wanted = frozenset(address.strip().lower() for address in addresses) - {""}
        if self._folders.addresses(account) == wanted:
            return
        with self._database.transaction():
            self._folders.account_id(account)
            self._database.query(
                "UPDATE accounts SET addresses = ? WHERE account = ?", ("\n".join(sorted(wanted)), account)
            )
        last = 0
        while True:
            rows = self._database.query(
                "SELECT message_id, header FROM messages JOIN contents USING (content_id) WHERE message_id > ?"
                " AND folder_id IN (SELECT folder_id FROM folders WHERE account = ?) ORDER BY message_id LIMIT ?",
                (last, account, CHUNK),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            changes = [(to_me(storable(summarize(unpack(packed))), wanted), entry) for entry, packed in rows]
            with self._database.transaction():
                self._database.query_many(
                    "UPDATE messages SET to_me = ?1 WHERE message_id = ?2 AND to_me <> ?1", changes
                )
