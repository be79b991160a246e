"""What the index keeps of one message: the words of its texts, and its keys for threading."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bundled_server.mailbox.decoded import body_text, header_block, header_text, searched_values
from bundled_server.mailbox.folding import folded
from bundled_server.mailbox.search.thread_keys import ThreadKeys, read_thread_keys

LONGEST_TEXT: Final = 2_000_000
MOST_WORDS: Final = 60_000

_WORD: Final = re.compile(r"\w+")
_ASCII_WORDS: Final = str.maketrans({chr(n): " " for n in range(128) if not _WORD.match(chr(n))})


class TextField(IntEnum):
    """The texts of a message that have an index of their own. The numbers are stored: never change them."""

    BODY = 0
    HEADER = 1
    FROM = 2
    TO = 3
    CC = 4
    SUBJECT = 5


@dataclass(frozen=True, slots=True)
class Document:
    """`words` by TextField, folded; None when the message has too many: then only reading it can tell."""

    content_id: int
    words: tuple[frozenset[str], ...] | None
    keys: ThreadKeys


def read_document(content_id: int, message: bytes) -> Document:
    """Never raises for bad mail."""
    keys = read_thread_keys(message)
    header = header_block(message)
    body = body_text(message)
    if len(body) > LONGEST_TEXT:
        return Document(content_id, None, keys)
    words = (
        words_of(folded(body)),
        words_of(folded(header_text(header))),
        *(_field_words(header, name) for name in (b"from", b"to", b"cc", b"subject")),
    )
    return Document(content_id, None if max(map(len, words)) > MOST_WORDS else words, keys)


def words_of(text: str) -> frozenset[str]:
    """The runs of letters, digits and underscores in a folded text."""
    return frozenset(text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(text))


def _field_words(header: bytes, name: bytes) -> frozenset[str]:
    return words_of("\n".join(map(folded, searched_values(header, name))))


@dataclass(frozen=True, slots=True)
class Question:
    """Patterns for a list of words with line feeds around each: a document that holds the wanted text has a word
    for every pattern. `is_exact`: the other way round, too."""

    patterns: tuple[bytes, ...]
    is_exact: bool

    def fits(self, words: frozenset[str]) -> bool:
        """Whether each pattern is in some of these words."""
        listed = "\n".join(("", *words, "")).encode("utf-8", "surrogatepass")
        return all(pattern in listed for pattern in self.patterns)


def question_of(wanted: str) -> Question | None:
    """How a folded text is looked for; None when it has no letters to look for. Where it goes on beyond a run of
    letters, the word in the message ends there, too."""
    patterns = []
    for run in _WORD.finditer(wanted):
        before = "\n" if run.start() else ""
        after = "\n" if run.end() < len(wanted) else ""
        patterns.append(f"{before}{run[0]}{after}".encode("utf-8", "surrogatepass"))
    return Question(tuple(patterns), patterns == [wanted.encode("utf-8", "surrogatepass")]) if patterns else None
