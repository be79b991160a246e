"""Tokens of running text: its words, its numbers by their shape, its addresses of the Web and of mail."""

import re
from collections.abc import Iterator

from bundled_server.filters.bayes.url_tokens import URL, url_tokens

SHORTEST_WORD = 3
LONGEST_WORD = 20

_WORD = re.compile(r"[$£€]?[^\W_](?:[^\W_]|['’.,\-$%!@](?=[^\W_]))*+[%!]*")
_MAIL_ADDRESS = re.compile(r"[^@]+@([^@]+\.[^@]+)")
_DIGITS = re.compile(r"\d")


def text_tokens(text: str) -> Iterator[str]:
    """Words in lower case, URLs taken apart."""
    urls = URL.findall(text)
    for url in urls:
        yield from url_tokens(url)
    if urls:
        text = URL.sub(" ", text)
    yield from word_tokens(text)


def word_tokens(text: str, prefix: str = "") -> Iterator[str]:
    """The words of a text, `prefix` before each."""
    for word in _WORD.findall(text):
        for token in _of_word(word):
            yield prefix + token


def _of_word(word: str) -> Iterator[str]:
    lower = word.lower()
    if lower[0].isdigit() or lower[0] in "$£€":
        shape = _DIGITS.sub("0", lower)
        yield shape if len(shape) <= LONGEST_WORD else "number-long"
        return
    if len(lower) > LONGEST_WORD:
        address = _MAIL_ADDRESS.fullmatch(lower)
        yield f"mail@{address[1]}" if address else f"long-{lower[0]}-{len(lower) // 10 * 10}"
        return
    if len(lower) >= SHORTEST_WORD:
        yield lower
        if word.isupper() and len(word) > 3:
            yield "word-in-capitals"
    elif not lower.isascii():
        yield lower
