"""Thread trees of a listing: the order of messages in a thread, and the glyphs before their subjects."""

from collections.abc import Callable, Sequence
from typing import Final

from termail.store.records import Thread

Entry = tuple[int, int, float, int, int]
"""(message id, thread id, date, node, parent node)"""

GLYPH_LEVELS: Final = 24
"""Deeper levels are drawn at this depth, or the subject would leave the screen."""

_ASCII: Final = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-"})


def thread_order(
    entries: Sequence[Entry], ancestors: Callable[[int], dict[int, int]]
) -> list[tuple[float, list[int]]]:
    """Entries sorted by (thread, date) → for each thread its last date and its message ids as a tree is read.

    `ancestors` tells node → parent of a thread, asked only where a parent is not among the entries.
    """
    threads: list[tuple[float, list[int]]] = []
    start, count = 0, len(entries)
    while start < count:
        thread = entries[start][1]
        end = start + 1
        while end < count and entries[end][1] == thread:
            end += 1
        last = entries[end - 1]
        if end - start == 1:
            threads.append((last[2], [last[0]]))
        elif _is_chain(entries, start, end):
            threads.append((last[2], [entry[0] for entry in entries[start:end]]))
        else:
            members = entries[start:end]
            threads.append((last[2], _tree_order(members, visible_parents(members, ancestors))))
        start = end
    return threads


def visible_parents(members: Sequence[Entry], ancestors: Callable[[int], dict[int, int]]) -> list[int]:
    """For each member the index of its nearest ancestor among them, -1 for none."""
    where: dict[int, int] = {}
    for index, entry in enumerate(members):
        where.setdefault(entry[3], index)
    parents = [where.get(entry[4], -1) for entry in members]
    if len(members) == 1 or not any(
        parent < 0 and entry[4] for parent, entry in zip(parents, members, strict=True)
    ):
        return parents
    above = ancestors(members[0][1])
    for index, entry in enumerate(members):
        node = entry[4]
        if parents[index] < 0 and node:
            for _ in range(len(above)):
                if node in where or not node:
                    break
                node = above.get(node, 0)
            parents[index] = where.get(node, -1)
    return [-1 if parent == index else parent for index, parent in enumerate(parents)]


def draw(members: Sequence[Entry], parents: Sequence[int], *, ascii_only: bool = False) -> list[Thread]:
    """Depth and glyphs of members given in display order (a parent before its children)."""
    later = [False] * len(members)
    seen: set[int] = set()
    for index in range(len(members) - 1, -1, -1):
        later[index] = parents[index] in seen
        seen.add(parents[index])
    drawn: list[Thread] = []
    stems: list[str] = []
    for index, entry in enumerate(members):
        parent = parents[index]
        if not 0 <= parent < index:  # none; or the listing is older than the tree
            stems.append("")
            drawn.append(Thread(entry[0], 0, ""))
            continue
        stem = stems[parent]
        depth = drawn[parent].depth + 1
        tree = stem + ("├─>" if later[index] else "└─>")
        stems.append(stem + ("│ " if later[index] else "  ") if depth < GLYPH_LEVELS else stem)
        drawn.append(Thread(entry[0], depth, tree.translate(_ASCII) if ascii_only else tree))
    return drawn


def _is_chain(entries: Sequence[Entry], start: int, end: int) -> bool:
    """True when each message answers the one before it."""
    return all(entries[index][4] == entries[index - 1][3] for index in range(start + 1, end))


def _tree_order(members: Sequence[Entry], parents: Sequence[int]) -> list[int]:
    """Depth first; siblings by the last date of their subthreads, which come by ascending date."""
    last = [entry[2] for entry in members]
    children: dict[int, list[int]] = {}
    for index in range(len(members) - 1, -1, -1):
        parent = parents[index]
        children.setdefault(parent, []).append(index)
        date = last[index]
        while parent >= 0 and last[parent] < date:
            last[parent] = date
            parent = parents[parent]
    order: list[int] = []
    stack = _latest_first(children.get(-1, ()), last)
    while stack:
        index = stack.pop()
        order.append(members[index][0])
        below = children.get(index)
        if below:
            stack.extend(_latest_first(below, last))
    return order


def _latest_first(indices: Sequence[int], last: Sequence[float]) -> list[int]:
    if len(indices) == 1:
        return list(indices)
    return sorted(indices, key=last.__getitem__, reverse=True)
