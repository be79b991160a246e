"""A message as the set of tokens that the classifier counts: each fact of it once, whatever its size."""

from collections.abc import Iterator

from bundled_server.filters.bayes.body_tokens import text_tokens
from bundled_server.filters.bayes.header_tokens import field_tokens
from bundled_server.filters.bayes.html_tokens import html_tokens
from bundled_server.filters.bayes.part_tokens import part_tokens
from bundled_server.mailbox.decoded import as_text, transfer_decoded
from bundled_server.mailbox.structure import Part, scan

MOST_TOKENS = 8_000
MOST_PARTS = 200
MOST_TEXT_OCTETS = 256 * 1024
MOST_HEADER_OCTETS = 64 * 1024
LONGEST_TOKEN = 60


def tokens_of(message: bytes) -> tuple[str, ...]:
    """The tokens of a message, in order of appearance, none twice. Any octets do; time and number are bounded."""
    found: dict[str, None] = {}
    for token in _all_tokens(message):
        found[token[:LONGEST_TOKEN] if token.isascii() else _storable(token)] = None
        if len(found) >= MOST_TOKENS:
            break
    return tuple(found)


def _storable(token: str) -> str:
    """Some charsets decode to lone surrogates, which no database keeps."""
    return token[:LONGEST_TOKEN].encode("utf-8", "ignore").decode("utf-8")


def _all_tokens(message: bytes) -> Iterator[str]:
    root = scan(message)
    yield from field_tokens(message[: min(root.body_start, MOST_HEADER_OCTETS)])
    octets_left = MOST_TEXT_OCTETS
    waiting = [root]
    parts = 0
    while waiting and parts < MOST_PARTS:
        part = waiting.pop()
        parts += 1
        waiting.extend(reversed(part.children))
        yield from part_tokens(part)
        if part.message is not None:
            header_end = min(part.message.body_start, part.body_start + MOST_HEADER_OCTETS)
            yield from field_tokens(message[part.body_start : header_end], "inner-")
        if part.main_type == b"TEXT" and octets_left > 0:
            octets = message[part.body_start : min(part.body_end, part.body_start + octets_left)]
            octets_left -= len(octets)
            yield from _text_of(part, octets)


def _text_of(part: Part, octets: bytes) -> Iterator[str]:
    charset = next((value for name, value in part.parameters if name == b"CHARSET"), b"utf-8")
    text = as_text(transfer_decoded(octets, part.encoding), charset.decode("latin-1"))
    if part.subtype == b"HTML" or "<html" in text[:2000].lower():
        yield from html_tokens(text)
    else:
        yield from text_tokens(text)
