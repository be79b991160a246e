"""BODYSTRUCTURE (RFC 9051 §7.5.2) as a plan: what is fetched to read a message, what waits until asked for."""

from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime.skeleton import EXACT_TYPES, LEAF_OCTETS, PARTIAL_OCTETS, is_needed, mark
from termail.mra.imap.responses import Value, number_of, text_of

_DEPTH: Final = 20
_PARTS: Final = 60
_DISPOSITION: Final = {"text": 9, "message/rfc822": 11}


class Node(msgspec.Struct, kw_only=True):
    """One part: `section` is "" for the message itself; a message/rfc822 is taken as one piece."""

    section: str
    content_type: str
    size_octets: int = 0
    is_file: bool = False
    boundary: str = ""
    children: list["Node"] = []

    def walk(self) -> Iterator["Node"]:
        """This one and all below."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def is_wanted(self) -> bool:
        """Whether a reader needs its octets at once."""
        return is_needed(self.content_type, self.size_octets, is_file=self.is_file)


class Plan(msgspec.Struct, frozen=True):
    """What to fetch for a skeleton, and how to put it together."""

    root: Node

    @property
    def items(self) -> list[str]:
        """The FETCH items, without those that are left out."""
        named: list[str] = []
        for node in self.root.walk():
            if node.section and node is not self.root:
                named.append(f"BODY.PEEK[{node.section}.MIME]")
            if node.section and not node.children and node.is_wanted:
                named.append(f"BODY.PEEK[{node.section}]")
        return named

    @property
    def octets(self) -> int:
        """How much they are, about."""
        return sum(4_096 + (node.size_octets if node.is_wanted else 0) for node in self.root.walk())

    def skeleton(self, header: bytes, fetched: dict[str, bytes]) -> bytes:
        """The message without what was left out."""
        pieces: list[bytes] = []
        self._write(self.root, header, fetched, pieces)
        return b"".join(pieces)

    def _write(self, node: Node, header: bytes, fetched: dict[str, bytes], pieces: list[bytes]) -> None:
        if not node.children:
            if not node.is_wanted:
                pieces.append(mark(node.section, node.size_octets))
            pieces += [header, fetched.get(f"BODY[{node.section}]", b"")]
            return
        pieces.append(header)
        for child in node.children:
            pieces.append(f"--{node.boundary}\r\n".encode("utf-8", "replace"))
            self._write(child, fetched.get(f"BODY[{child.section}.MIME]", b"\r\n"), fetched, pieces)
            pieces.append(b"\r\n")
        pieces.append(f"--{node.boundary}--\r\n".encode("utf-8", "replace"))


def plan(structure: Value, size_octets: int) -> Plan | None:
    """None when the message is fetched whole: it is small, nothing in it is worth leaving out, its exact octets
    are signed, or the server tells too little."""
    if size_octets <= PARTIAL_OCTETS or not isinstance(structure, list):
        return None
    root = _node(structure, "", 0)
    nodes = list(root.walk()) if root is not None else []
    if root is None or len(nodes) > _PARTS or any(node.content_type in EXACT_TYPES for node in nodes):
        return None
    left_out = sum(node.size_octets for node in nodes if not node.children and not node.is_wanted)
    is_text = not root.children and root.content_type.startswith("text/")
    return Plan(root) if left_out > LEAF_OCTETS and not is_text else None


def _node(value: list[Value], section: str, depth: int) -> Node | None:
    if depth > _DEPTH or not value:
        return None
    if isinstance(value[0], list):
        return _multipart(value, section, depth)
    if len(value) < 7:
        return None
    kind, subtype = text_of(value[0]).lower(), text_of(value[1]).lower()
    content_type = f"{kind}/{subtype}"
    at = _DISPOSITION.get(content_type, _DISPOSITION.get(kind, 8))
    disposition = value[at] if len(value) > at else None
    said = text_of(disposition[0]).lower() if isinstance(disposition, list) and disposition else ""
    return Node(
        section=section or "1",
        content_type=content_type,
        size_octets=number_of(value[6]),
        is_file=said == "attachment",
    )


def _multipart(value: list[Value], section: str, depth: int) -> Node | None:
    parts = [entry for entry in value if isinstance(entry, list)]
    count = next((at for at, entry in enumerate(value) if not isinstance(entry, list)), len(value))
    children = [
        _node(entry, f"{section}.{number}" if section else str(number), depth + 1)
        for number, entry in enumerate(parts[:count], 1)
    ]
    boundary = _boundary(value[count + 1]) if len(value) > count + 1 else ""
    if not boundary or any(child is None for child in children):
        return None
    subtype = text_of(value[count]).lower()
    known = [child for child in children if child is not None]
    return Node(section=section, content_type=f"multipart/{subtype}", boundary=boundary, children=known)


def _boundary(parameters: Value) -> str:
    if isinstance(parameters, list):
        for at in range(0, len(parameters) - 1, 2):
            if text_of(parameters[at]).lower() == "boundary":
                found = text_of(parameters[at + 1])
                return found if found.isprintable() and len(found) <= 200 else ""
    return ""
