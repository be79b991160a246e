"""A segment of the index: hundreds or thousands of messages in the order they came, never changed once made."""

from array import array
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bundled_server.mailbox.search.document import Document, TextField
from bundled_server.mailbox.search.thread_columns import pack_keys, unpack_keys
from bundled_server.mailbox.search.thread_keys import ThreadKeys
from bundled_server.mailbox.search.vocabulary import WORDS_AT_ONCE, Vocabulary, unfolded, vocabulary

SMALL: Final = 16
FULL: Final = 4096
TOGETHER: Final = 16
"""So many segments of about one size become one of the next size."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`content_ids` ascending, a document's number is its place among them; `unread`: those whose words are not
    here; `vocabularies` by TextField; `threads` as `pack_keys` makes them."""

    content_ids: Sequence[int]
    unread: Sequence[int]
    vocabularies: tuple[Vocabulary, ...]
    threads: bytes


class Gathering:
    """Documents on their way into a segment, in ascending order of their ids."""

    def __init__(self) -> None:
        self.content_ids: list[int] = []
        self._unread: list[int] = []
        self._keys: list[ThreadKeys] = []
        self._words: tuple[dict[str, list[int]], ...] = tuple({} for _ in TextField)

    def __len__(self) -> int:
        return len(self.content_ids)

    def add(self, document: Document) -> None:
        number = len(self.content_ids)
        self.content_ids.append(document.content_id)
        self._keys.append(document.keys)
        if document.words is None:
            self._unread.append(document.content_id)
            return
        for known, words in zip(self._words, document.words, strict=True):
            for word in words:
                numbers = known.get(word)
                if numbers is None:
                    known[word] = [number]
                else:
                    numbers.append(number)

    def segment(self) -> Iterator[Segment | None]:
        """None after each bounded step, the segment at last."""
        made = []
        for known in self._words:
            encoded = {word.encode("utf-8", "surrogatepass"): numbers for word, numbers in known.items()}
            for one in vocabulary(encoded):
                yield None
                if one is not None:
                    made.append(one)
        yield Segment(self.content_ids, self._unread, tuple(made), pack_keys(self._keys))


def merged(segments: Sequence[Segment], living: Container[int]) -> Iterator[Segment | None]:
    """One segment of several that follow each other, without the contents that are gone: None after each bounded
    step, the segment at last."""
    content_ids: list[int] = []
    unread: list[int] = []
    keys: list[ThreadKeys] = []
    numberings: list[array[int]] = []
    for one in segments:
        numbering = array("i", (-1,)) * len(one.content_ids)
        for place, (content_id, key) in enumerate(
            zip(one.content_ids, unpack_keys(one.threads, len(one.content_ids)), strict=True)
        ):
            if content_id in living:
                numbering[place] = len(content_ids)
                content_ids.append(content_id)
                keys.append(key)
        unread += [content_id for content_id in one.unread if content_id in living]
        numberings.append(numbering)
        yield None
    made = []
    for field in TextField:
        documents: dict[bytes, array[int]] = {}
        for one, numbering in zip(segments, numberings, strict=True):
            for number, (word, old) in enumerate(unfolded(one.vocabularies[field])):
                new = [place for place in map(numbering.__getitem__, old) if place >= 0]
                if new:
                    documents.setdefault(word, array("H")).extend(new)
                if number % WORDS_AT_ONCE == 0:
                    yield None
        for result in vocabulary(documents):
            yield None
            if result is not None:
                made.append(result)
    yield Segment(content_ids, unread, tuple(made), pack_keys(keys))


def due_for_merging(sizes: Sequence[int]) -> slice | None:
    """Which of the segments (how many documents each has, oldest first) should become one: the last ones, when
    there are enough of about one size. So a document moves into a larger segment a few times in all."""
    for tier in range(_tier(FULL)):
        start = len(sizes)
        while start and _tier(sizes[start - 1]) <= tier:
            start -= 1
        if len(sizes) - start >= TOGETHER:
            return slice(start, start + TOGETHER)
    return None


def _tier(size: int) -> int:
    tier = 0
    while size >= SMALL:
        size //= SMALL
        tier += 1
    return tier
