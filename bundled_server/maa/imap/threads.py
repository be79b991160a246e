"""Threads out of messages: ORDEREDSUBJECT and REFERENCES (RFC 5256 §4), without recursion."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """What threading looks at; `number` is what the client hears, `sent` in epoch seconds. Message ids and base
    subjects are numbers that stand for them, 0 for none."""

    number: int
    sent: float
    subject: int = 0
    is_reply: bool = False
    message_id: int = 0
    references: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Node:
    """A place in the tree; without a message it is a dummy that somebody referred to."""

    message: Message | None = None
    parent: "Node | None" = None
    children: "dict[Node, None]" = field(default_factory=dict)

    def adopt(self, child: "Node") -> None:
        if child.parent is not None:
            child.parent.children.pop(child, None)
        child.parent = self
        self.children[child] = None

    def is_below(self, other: "Node") -> bool:
        """Whether `other` is this node or above it."""
        if not other.children:
            return self is other
        node: Node | None = self
        while node is not None and node is not other:
            node = node.parent
        return node is not None

    @property
    def face(self) -> Message:
        """The message, or for a dummy that of its first child."""
        node = self
        while node.message is None:
            node = next(iter(node.children))
        return node.message


def by_references(messages: Iterable[Message]) -> list[Node]:
    """The REFERENCES algorithm (RFC 5256 §4): the roots, siblings in the order in which they were sent."""
    root = Node()
    for node in _linked(messages):
        if node.parent is None:
            root.adopt(node)
    _prune(root)
    _sort_children(root)
    _join_by_subject(root)
    _sort_children(root)
    return list(root.children)


def by_subject(messages: Iterable[Message]) -> list[Node]:
    """ORDEREDSUBJECT: under the first message of each subject all the others."""
    groups: dict[int, list[Message]] = {}
    for message in messages:
        groups.setdefault(message.subject, []).append(message)
    roots = []
    for group in groups.values():
        first, *others = sorted(group, key=_sent_order)
        root = Node(first)
        for other in others:
            root.adopt(Node(other))
        roots.append(root)
    return sorted(roots, key=_node_order)


def format_threads(roots: Iterable[Node]) -> bytes:
    """`(2)(3 6 (4 23)(44 7 96))` (RFC 5256 §4, THREAD response)."""
    parts: list[str] = []
    waiting: list[Node | str] = list(reversed([piece for root in roots for piece in ("(", root, ")")]))
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            parts.append(piece)
            continue
        if piece.message is not None:
            parts.append(str(piece.message.number))
        children = list(piece.children)
        if len(children) == 1 and piece.message is not None:
            parts.append(" ")
            waiting.append(children[0])
        elif children:
            if piece.message is not None:
                parts.append(" ")
            for child in reversed(children):
                waiting += (")", child, "(")
    return "".join(parts).encode("ascii")


def _linked(messages: Iterable[Message]) -> list[Node]:
    """Step 1: parents and children as the references say. Every node is answered, dummies too."""
    by_id: dict[int, Node] = {}
    nodes: list[Node] = []

    def node_of(message_id: int) -> Node:
        node = by_id.get(message_id)
        if node is None:
            node = by_id[message_id] = Node()
            nodes.append(node)
        return node

    for message in messages:
        node = node_of(message.message_id) if message.message_id else None
        if node is None or node.message is not None:  # none, or somebody else's: this one is unique
            node = Node()
            nodes.append(node)
        node.message = message
        previous: Node | None = None
        for reference in message.references:
            referred = node_of(reference)
            if previous is not None and referred.parent is None and not previous.is_below(referred):
                previous.adopt(referred)
            previous = referred
        if node.parent is not None:
            node.parent.children.pop(node)
            node.parent = None
        if previous is not None and not previous.is_below(node):
            previous.adopt(node)
    return nodes


def _prune(root: Node) -> None:
    """Step 3: dummies go, their children take their place; below the root only where there is one child."""
    for node in reversed(_in_order(root)):  # children before their parents
        if node.message is not None or node.parent is None:
            continue
        parent, children = node.parent, list(node.children)
        if not children or parent is not root or len(children) == 1:
            del parent.children[node]
            node.parent = None
            for child in children:
                parent.adopt(child)


def _in_order(root: Node) -> list[Node]:
    """Every node below, parents before their children."""
    found: list[Node] = []
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    return found


def _sort_children(root: Node) -> None:
    """Steps 4 and 6: siblings by the date they were sent, then by number; a dummy counts as its first child."""
    for node in (*reversed(_in_order(root)), root):
        if len(node.children) > 1:
            node.children = dict.fromkeys(sorted(node.children, key=_node_order))


def _join_by_subject(root: Node) -> None:
    """Step 5: threads of one subject are one thread."""
    table: dict[int, Node] = {}
    for node in root.children:
        subject = node.face.subject
        held = table.get(subject)
        if subject and (held is None or _stands_for_subject(node, held)):
            table[subject] = node
    for node in list(root.children):
        subject = node.face.subject
        held = table.get(subject)
        if not subject or held is None or held is node:
            continue
        table[subject] = _merged(root, held, node)


def _stands_for_subject(node: Node, held: Node) -> bool:
    """Whether `node` takes the place of `held` in the table: a dummy before a message, an original before a
    reply."""
    if held.message is None:
        return False
    return node.message is None or (held.message.is_reply and not node.message.is_reply)


def _merged(root: Node, held: Node, node: Node) -> Node:
    if held.message is None and node.message is None:
        for child in list(node.children):
            held.adopt(child)
        del root.children[node]
        return held
    if held.message is None or (node.message is not None and node.message.is_reply and not held.message.is_reply):
        held.adopt(node)
        return held
    both = Node()
    root.adopt(both)
    both.adopt(held)
    both.adopt(node)
    return both


def _sent_order(message: Message) -> tuple[float, int]:
    return message.sent, message.number


def _node_order(node: Node) -> tuple[float, int]:
    return _sent_order(node.face)
