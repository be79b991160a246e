"""Header fields of our own messages: folded, ASCII only, RFC 2047 words and RFC 2231 parameters where needed."""

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

_LINE: Final = 78
_LONGEST_LINE: Final = 900
_WORD_OCTETS: Final = 42  # of UTF-8 in one encoded word: at most 75 characters in base64
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_PLAIN: Final = re.compile(r"[\x20-\x7e\t]*")
_PARAMETER_OCTETS: Final = 60


def unstructured(name: str, value: str) -> bytes:
    """A field of free text, folded at its spaces (RFC 5322 §2.2.3)."""
    return fold(name, _text_tokens(value))


def fold(name: str, tokens: Iterable[str]) -> bytes:
    """`tokens` (each with the space before it if there is one) in lines of 78 where they allow. Only an address
    that needs SMTPUTF8 is not ASCII here (RFC 6532)."""
    lines: list[str] = []
    line = f"{name}:"
    is_first = True
    for token in tokens:
        if is_first:
            token = " " + token.lstrip(" ")
        # The first line may not be the name alone with white space after it, and no line only white space.
        if not is_first and token[:1] == " " and token.strip() and len(line) + len(token) > _LINE:
            lines.append(line)
            line = token
        else:
            line += token
        is_first = False
    lines.append(line)
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def _text_tokens(value: str) -> Iterator[str]:
    """Plain words as they are; everything from the first to the last word that needs it as encoded words."""
    words = re.findall(r" *[^ ]+| +$", value)
    needing = [index for index, word in enumerate(words) if _needs_encoding(word)]
    if not needing:
        yield from words
        return
    first, last = needing[0], needing[-1] + 1
    yield from words[:first]
    middle = "".join(words[first:last])
    lead = " " if middle.startswith(" ") else ""
    yield from (
        f"{lead if index == 0 else ' '}{word}" for index, word in enumerate(encoded_words(middle[len(lead) :]))
    )
    yield from words[last:]


def _needs_encoding(word: str) -> bool:
    return (
        not _PLAIN.fullmatch(word)
        or "=?" in word
        or len(word) > _LONGEST_LINE
        or word.startswith("  ")
        or not word.strip()
    )


def encoded_words(text: str) -> Iterator[str]:
    """`text` as RFC 2047 words of at most 75 characters, never splitting a character."""
    piece = bytearray()
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(piece) + len(octets) > _WORD_OCTETS:
            yield _word(bytes(piece))
            piece.clear()
        piece += octets
    if piece:
        yield _word(bytes(piece))


def _word(octets: bytes) -> str:
    quoted = "".join(_q(octet) for octet in octets)
    if len(quoted) <= 4 * ((len(octets) + 2) // 3):
        return f"=?utf-8?q?{quoted}?="
    return f"=?utf-8?b?{base64.b64encode(octets).decode('ascii')}?="


def _q(octet: int) -> str:
    """The letters allowed in a phrase (RFC 2047 §5 rule 3) stand for themselves."""
    character = chr(octet)
    if character == " ":
        return "_"
    return character if octet < 0x80 and (character.isalnum() or character in "!*+-/") else f"={octet:02X}"


def phrase_tokens(name: str) -> list[str]:
    """A display name: atoms, a quoted string, or encoded words."""
    if not _PLAIN.fullmatch(name) or "=?" in name or len(name) > 200:
        return list(encoded_words(name))
    words = name.split(" ")
    if all(_ATOM.fullmatch(word) for word in words):
        return words
    return [quoted_string(name)]


def quoted_string(text: str) -> str:
    """RFC 5322 §3.2.4."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def parameter(name: str, value: str) -> list[str]:
    """`value` as one token `; name="value"`, or several by RFC 2231 when it is long or not ASCII."""
    if _PLAIN.fullmatch(value) and len(value) <= _PARAMETER_OCTETS and "=?" not in value:
        return [";", f" {name}={quoted_string(value)}"]
    pieces, piece = [], ""
    for character in value:
        encoded = quote(character, safe="!#$&+-.^_`|~", errors="replace")
        if len(piece) + len(encoded) > _PARAMETER_OCTETS - len(name):
            pieces.append(piece)
            piece = ""
        piece += encoded
    pieces.append(piece)
    if len(pieces) == 1:
        return [";", f" {name}*=utf-8''{piece}"]
    tokens = []
    for index, piece in enumerate(pieces):
        charset = "utf-8''" if index == 0 else ""
        tokens += [";", f" {name}*{index}*={charset}{piece}"]
    return tokens
