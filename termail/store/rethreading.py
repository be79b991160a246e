"""Threads the user broke or linked by hand: their word stands above References."""

from termail.store.database import Database

DEPTH_LIMIT = 1_000


class Rethreading:
    """Moves nodes between threads; call inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def node_of(self, message_id: int) -> int:
        """0 when the message is gone."""
        return int(self._database.one("SELECT node_id FROM messages WHERE message_id = ?", (message_id,)) or 0)

    def place_of(self, node_id: int) -> tuple[int, bool]:
        """→ (parent node, whether the user put it there)."""
        row = self._database.query("SELECT parent_id, pinned FROM nodes WHERE node_id = ?", (node_id,)).fetchone()
        return (0, False) if row is None else (row[0], bool(row[1]))

    def put(self, node_id: int, parent_id: int, *, pinned: bool) -> bool:
        """Hang a node with all below it under another (0: a thread of its own) → False when that made a circle."""
        below = self._subtree(node_id)
        if parent_id in below:
            return False
        thread = self._database.one("SELECT thread_id FROM nodes WHERE node_id = ?", (parent_id,))
        thread_id = int(thread) if thread is not None else self._new_thread(node_id)
        self._database.query(
            "UPDATE nodes SET parent_id = ?, pinned = ? WHERE node_id = ?", (parent_id, pinned, node_id)
        )
        self._database.query("UPDATE messages SET parent_id = ? WHERE node_id = ?", (parent_id, node_id))
        moved = [(thread_id, entry) for entry in below]
        self._database.query_many("UPDATE nodes SET thread_id = ? WHERE node_id = ?", moved)
        self._database.query_many("UPDATE messages SET thread_id = ? WHERE node_id = ?", moved)
        return True

    def _subtree(self, node_id: int) -> set[int]:
        found, level = {node_id}, [node_id]
        for _ in range(DEPTH_LIMIT):
            level = [
                child
                for parent in level
                for (child,) in self._database.query("SELECT node_id FROM nodes WHERE parent_id = ?", (parent,))
                if child not in found
            ]
            if not level:
                break
            found.update(level)
        return found

    def _new_thread(self, node_id: int) -> int:
        """A number no thread has had: that of a node without a message."""
        made = self._database.query(
            "INSERT INTO nodes (account_id, thread_id) SELECT account_id, 0 FROM nodes WHERE node_id = ?",
            (node_id,),
        ).lastrowid
        assert made is not None
        self._database.query("UPDATE nodes SET thread_id = node_id WHERE node_id = ?", (made,))
        return made
