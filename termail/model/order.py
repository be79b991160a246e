"""The order of an index: mutt's sort methods, reversed or not, with a second key."""

from enum import StrEnum

import msgspec


class SortKey(StrEnum):
    """mutt's sort letters d f r s o t u z c p l (MUTT.md). CONVERSATIONS are threads with what belongs to them in
    other folders."""

    DATE = "date"
    FROM = "from"
    RECEIVED = "received"
    SUBJECT = "subject"
    TO = "to"
    THREADS = "threads"
    UNSORTED = "unsorted"
    SIZE = "size"
    SCORE = "score"
    SPAM = "spam"
    LABEL = "label"
    CONVERSATIONS = "conversations"


class Order(msgspec.Struct, frozen=True):
    """How to sort. With THREADS, `second` orders siblings (date by the last of the subthread)."""

    key: SortKey = SortKey.THREADS
    reverse: bool = False
    second: SortKey = SortKey.DATE

    @property
    def is_threaded(self) -> bool:
        return self.key in (SortKey.THREADS, SortKey.CONVERSATIONS)
