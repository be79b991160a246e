"""Threads: which message answers which, by References and In-Reply-To, kept up as messages arrive.

Every Message-ID that is mentioned becomes a node, held here or not, so a parent that arrives later only fills its
node (the idea of J. Zawinski's algorithm, done step by step). A thread has the node id of one of its nodes.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from termail.store.database import Database

DEPTH_LIMIT: Final = 1_000
"""Ancestors that are followed when a loop is looked for; a link that would go deeper is not made."""


class Node(msgspec.Struct, frozen=True):
    """`parent_id` is 0 for the top of a thread, or while the parent is unknown; `pinned` when the user decided."""

    node_id: int
    thread_id: int
    parent_id: int
    pinned: bool = False


class Lineage:
    """Places messages into threads; call inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, account_id: int, message_id_header: str, references: Sequence[str]) -> Node:
        """The node of a message. `references` are oldest first, the parent last."""
        own = self._find(account_id, message_id_header)
        references = [entry for entry in references if entry != message_id_header]
        if own is not None and own.pinned:
            return own
        if not references:
            return own or self._make(account_id, message_id_header)
        parent = self._find(account_id, references[-1])
        if own is None:
            parent = parent or self._make(account_id, references[-1])
            own = self._make(account_id, message_id_header, parent.thread_id, parent.node_id)
        else:
            parent = parent or self._make(account_id, references[-1], own.thread_id)
            own = self._hang(own, parent)
        is_top = not parent.parent_id and not parent.pinned
        if own.parent_id == parent.node_id and is_top and len(references) > 1:
            thread = self._chain(account_id, references, Node(parent.node_id, own.thread_id, 0))
            own = Node(own.node_id, thread, own.parent_id)
        return own

    def _chain(self, account_id: int, references: Sequence[str], child: Node) -> int:
        """Link the older references, each to the next, as far as nobody linked them before → the thread."""
        for header in reversed(references[:-1]):
            parent = self._find(account_id, header) or self._make(account_id, header, child.thread_id)
            linked = self._hang(child, parent)
            if linked.parent_id != parent.node_id or parent.parent_id or parent.pinned:
                return linked.thread_id
            child = Node(parent.node_id, linked.thread_id, 0)
        return child.thread_id

    def _find(self, account_id: int, header: str) -> Node | None:
        if not header:
            return None
        found = self._database.query(
            "SELECT node_id, thread_id, parent_id, pinned FROM nodes"
            " WHERE account_id = ? AND message_id_header = ?",
            (account_id, header),
        ).fetchone()
        return None if found is None else Node(found[0], found[1], found[2], bool(found[3]))

    def _make(self, account_id: int, header: str, thread: int = 0, parent: int = 0) -> Node:
        """A new node, in a thread of its own unless one is given."""
        node = self._database.query(
            "INSERT INTO nodes (account_id, message_id_header, thread_id, parent_id) VALUES (?, ?, ?, ?)",
            (account_id, header or None, thread, parent),
        ).lastrowid
        assert node is not None
        if not thread:
            self._database.query("UPDATE nodes SET thread_id = node_id WHERE node_id = ?", (node,))
        return Node(node, thread or node, parent)

    def _hang(self, child: Node, parent: Node) -> Node:
        """Put `child` under `parent`, unless that made a loop → the child as it is now."""
        if child.pinned or child.parent_id == parent.node_id or self._descends(parent, child.node_id):
            return child
        self._database.query("UPDATE nodes SET parent_id = ? WHERE node_id = ?", (parent.node_id, child.node_id))
        self._database.query(
            "UPDATE messages SET parent_id = ? WHERE node_id = ?", (parent.node_id, child.node_id)
        )
        thread = parent.thread_id
        if child.thread_id != thread:
            thread = self._merge(child.thread_id, thread)
        return Node(child.node_id, thread, parent.node_id)

    def _merge(self, one: int, other: int) -> int:
        """The smaller thread joins the larger, or this were quadratic → the thread that stays."""
        gone, kept = (one, other) if self._is_smaller(one, other) else (other, one)
        self._database.query(
            "UPDATE messages SET thread_id = ? WHERE node_id IN (SELECT node_id FROM nodes WHERE thread_id = ?)",
            (kept, gone),
        )
        self._database.query("UPDATE nodes SET thread_id = ? WHERE thread_id = ?", (kept, gone))
        return kept

    def _is_smaller(self, one: int, other: int) -> bool:
        """Counts no more than about the smaller of the two."""
        limit = 8
        while True:
            counts = [
                self._database.one(
                    "SELECT count(*) FROM (SELECT 1 FROM nodes WHERE thread_id = ? LIMIT ?)", (thread, limit)
                )
                for thread in (one, other)
            ]
            if min(counts) < limit:
                return bool(counts[0] <= counts[1])
            limit *= 8

    def _descends(self, node: Node, ancestor: int) -> bool:
        """True when `ancestor` is `node` or above it (or too far up to tell)."""
        current = node.node_id
        above = node.parent_id
        for _ in range(DEPTH_LIMIT):
            if current == ancestor:
                return True
            if not above:
                return False
            current = above
            above = self._database.one("SELECT parent_id FROM nodes WHERE node_id = ?", (current,)) or 0
        return True
