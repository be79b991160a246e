"""The message as scripts see it: decoded header fields, addresses, text parts, its size and its envelope."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bundled_server.mailbox.addresses import addresses
from bundled_server.mailbox.decoded import as_text, decode_words, transfer_decoded
from bundled_server.mailbox.structure import Part, scan

_FIELD: Final = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
MOST_FIELDS: Final = 5000
LONGEST_FIELD: Final = 65_536


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address of a header field; `text` is the whole when it could not be divided."""

    local: str
    domain: str
    text: str

    @property
    def is_whole(self) -> bool:
        return bool(self.local or self.domain)


class Message:
    """A view of one message; whatever is not asked for is not decoded, and nothing is decoded twice. `data` has
    CRLF line ends, `sender` is "" for the null reverse-path."""

    def __init__(self, data: bytes, *, sender: str = "", recipient: str = "") -> None:
        self.data = data
        self.sender = sender
        self.recipient = recipient
        self._values: dict[str, list[str]] = {}
        self._addresses: dict[str, list[list[Mailbox]]] = {}

    @property
    def size_octets(self) -> int:
        return len(self.data)

    def values(self, name: str) -> Sequence[str]:
        """The decoded values of every field of that name, in order, without white space around them."""
        name = name.lower()
        known = self._values.get(name)
        if known is None:
            raw = self._fields.get(name.encode("utf-8", "replace"), ())
            known = self._values[name] = [decode_words(as_text(value)).strip() for value in raw]
        return known

    def has(self, name: str) -> bool:
        return name.lower().encode("utf-8", "replace") in self._fields

    def addresses(self, name: str) -> Sequence[Sequence[Mailbox]]:
        """The addresses in every field of that name, field by field."""
        name = name.lower()
        known = self._addresses.get(name)
        if known is None:
            raw = self._fields.get(name.encode("utf-8", "replace"), ())
            known = self._addresses[name] = [[*_mailboxes(value)] for value in raw]
        return known

    @cached_property
    def header_octets(self) -> int:
        """Up to the blank line, without it."""
        if self.data.startswith(b"\r\n"):
            return 0
        end = self.data.find(b"\r\n\r\n")
        return len(self.data) if end < 0 else end + 2

    @cached_property
    def _fields(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for count, match in enumerate(_FIELD.finditer(self.data, 0, self.header_octets)):
            if count >= MOST_FIELDS:
                break
            value = _FOLD.sub(b"", match[2][:LONGEST_FIELD])
            found.setdefault(match[1].lower(), []).append(value.strip())
        return found

    # the body

    @property
    def raw_body(self) -> str:
        return as_text(self.data[self.header_octets + 2 :])

    def parts(self, wanted: Sequence[str]) -> Sequence[str]:
        """The decoded bodies of the parts whose type is one of `wanted` ("text", "text/html", "" for all). Of a
        multipart it is the prologue and the epilogue, of a message inside its header (RFC 5173 §5.2)."""
        return [self._body_of(part) for part in _all_parts(self._structure) if _is_wanted(part, wanted)]

    @cached_property
    def _structure(self) -> Part:
        return scan(self.data)

    def _body_of(self, part: Part) -> str:
        data = self.data
        if part.children and part.is_multipart:
            before = data[part.body_start : part.children[0].header_start]
            after = data[part.children[-1].body_end : part.body_end]
            return as_text(before.rpartition(b"\n--")[0]) + as_text(after.partition(b"--")[2].partition(b"\n")[2])
        if part.message is not None:
            return as_text(data[part.message.header_start : part.message.header_end])
        charset = next((value for name, value in part.parameters if name == b"CHARSET"), b"utf-8")
        octets = transfer_decoded(data[part.body_start : part.body_end], part.encoding)
        return as_text(octets, charset.decode("latin-1"))


def _all_parts(root: Part) -> Iterator[Part]:
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(part.children)


def _is_wanted(part: Part, wanted: Sequence[str]) -> bool:
    main, whole = part.main_type.lower().decode("latin-1"), b"/".join((part.main_type, part.subtype)).lower()
    for each in wanted:
        each = each.lower()
        if not each or (each == main if "/" not in each else each.encode("utf-8", "replace") == whole):
            return True
    return False


def _mailboxes(value: bytes) -> Iterator[Mailbox]:
    for found in addresses(value):
        if found.mailbox is None or found.host is None:
            continue  # where a group begins and ends
        local, domain = as_text(found.mailbox), as_text(found.host)
        if local and domain:
            yield Mailbox(local, domain, f"{local}@{domain}")
        else:
            yield Mailbox("", "", local or domain)
