"""The words of many documents, each with the documents that have it, as octets ready for the disk."""

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_DOCUMENTS: Final = 65_536
WORDS_AT_ONCE: Final = 1000


def packed(typecode: str, values: Iterable[Any]) -> bytes:
    """Numbers as little-endian octets, whatever machine this is."""
    column = array(typecode, values)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def unpacked(typecode: str, octets: bytes) -> Any:
    """The array that `packed` wrote."""
    column = array(typecode)
    column.frombytes(octets)
    if sys.byteorder == "big":
        column.byteswap()
    return column


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words` in UTF-8 and ascending, a line feed before, between and after; `starts` (32 bits each) tell where
    the documents of each word begin in `postings` (16 bits each), and at last where they end."""

    words: bytes
    starts: bytes
    postings: bytes


ReadPostings = Callable[[int, int], bytes]
"""The octets of the postings from one number to another."""


def documents_with(words: bytes, starts: bytes, read: ReadPostings, pattern: bytes, everybody: int) -> set[int]:
    """The documents that have a word with this pattern; no more is looked for when `everybody` has."""
    found: set[int] = set()
    places: Any = None
    for number in _word_numbers(words, pattern):
        if places is None:
            places = unpacked("I", starts)
        found.update(unpacked("H", read(2 * places[number], 2 * places[number + 1])))
        if len(found) == everybody:
            break
    return found


def _word_numbers(words: bytes, pattern: bytes) -> Iterator[int]:
    """Which words have the pattern; counting goes on from the last one found."""
    number, counted = -1, 0
    at = words.find(pattern)
    while at >= 0:
        inside = at + 1 if pattern.startswith(b"\n") else at
        number += words.count(b"\n", counted, inside)
        yield number
        counted = inside
        end = words.find(b"\n", inside)
        at = words.find(pattern, end)


def vocabulary(documents_by_word: Mapping[bytes, Iterable[int]]) -> Iterator[Vocabulary | None]:
    """Pack words with their documents: None after each bounded step, the result at last."""
    words = sorted(documents_by_word)
    starts, postings = array("I", (0,)), array("H")
    for number, word in enumerate(words, 1):
        postings.extend(documents_by_word[word])
        starts.append(len(postings))
        if number % WORDS_AT_ONCE == 0:
            yield None
    joined = b"\n".join((b"", *words, b"")) if words else b""
    yield Vocabulary(joined, packed("I", starts), packed("H", postings))


def unfolded(one: Vocabulary) -> Iterator[tuple[bytes, Any]]:
    """Every word with the documents that have it."""
    starts, postings = unpacked("I", one.starts), unpacked("H", one.postings)
    for number, word in enumerate(one.words.split(b"\n")[1:-1]):
        yield word, postings[starts[number] : starts[number + 1]]
