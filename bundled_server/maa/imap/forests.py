"""The threads of whole mailboxes, kept from one THREAD to the next: a change touches few of them."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bundled_server.maa.imap.threads import Message, by_references, format_threads

MOST_MESSAGES: Final = 400_000

_Thread = tuple[float, int, bytes]  # when its first message was sent, that one's number, the text


@dataclass(slots=True, eq=False)
class Group:
    """Messages that references or subjects connect: no thread reaches beyond them."""

    messages: dict[int, Message] = field(default_factory=dict)
    threads: list[_Thread] | None = None
    joined: "Group | None" = None


class Forest:
    """The threads of one mailbox by REFERENCES, numbered by UID."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._groups: dict[Group, None] = {}
        self._group_of_key: dict[int, Group] = {}
        self._group_of_number: dict[int, Group] = {}
        self._text: bytes | None = None

    def __len__(self) -> int:
        return len(self._group_of_number)

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Those that the forest does not know."""
        return [number for number in numbers if number not in self._group_of_number]

    def text(self, numbers: Iterable[int], new: Iterable[Message]) -> bytes:
        """The THREAD response's text for exactly the messages `numbers`; `new` are those that were missing."""
        for message in new:
            self._add(message)
        if len(wanted := frozenset(numbers)) != len(self):
            self._remove(self._group_of_number.keys() - wanted)
        if self._text is None:
            threads: list[_Thread] = []
            for group in self._groups:
                threads += self._threads(group)
            threads.sort()
            self._text = b"".join([text for _, _, text in threads])
        return self._text

    def _add(self, message: Message) -> None:
        group = Group()
        self._groups[group] = None
        for key in _keys(message):
            group = self._together(group, _final(self._group_of_key.get(key, group)))
            self._group_of_key[key] = group
        group.messages[message.number] = message
        self._group_of_number[message.number] = group
        group.threads = self._text = None

    def _remove(self, numbers: Iterable[int]) -> None:
        """Groups are not parted: what they hold is threaded rightly in any case."""
        for number in numbers:
            group = _final(self._group_of_number.pop(number))
            del group.messages[number]
            group.threads = self._text = None

    def _together(self, one: Group, other: Group) -> Group:
        if one is other:
            return one
        larger, smaller = (one, other) if len(one.messages) >= len(other.messages) else (other, one)
        larger.messages.update(smaller.messages)
        larger.threads, smaller.joined, smaller.messages = None, larger, {}
        del self._groups[smaller]
        return larger

    def _threads(self, group: Group) -> list[_Thread]:
        if group.threads is None:
            roots = by_references([group.messages[number] for number in sorted(group.messages)])
            group.threads = [(root.face.sent, root.face.number, format_threads([root])) for root in roots]
        return group.threads


def _keys(message: Message) -> list[int]:
    """What connects a message to others: ids, and the subject, which is no id."""
    keys = [message.message_id, *message.references, -message.subject]
    return [key for key in keys if key]


def _final(group: Group) -> Group:
    """The group that this one has become part of."""
    last = group
    while last.joined is not None:
        last = last.joined
    while group.joined is not None and group.joined is not last:
        group.joined, group = last, group.joined
    return last


class Forests:
    """The forests used last, by mailbox; of so many messages together that memory does not mind."""

    def __init__(self) -> None:
        self._by_mailbox: OrderedDict[int, Forest] = OrderedDict()

    def of(self, mailbox_id: int) -> Forest:
        forest = self._by_mailbox.setdefault(mailbox_id, Forest())
        self._by_mailbox.move_to_end(mailbox_id)
        while len(self._by_mailbox) > 1 and sum(map(len, self._by_mailbox.values())) > MOST_MESSAGES:
            self._by_mailbox.popitem(last=False)
        return forest
