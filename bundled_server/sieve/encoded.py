"""Characters written as numbers, ${hex:40} and ${unicode:E9} (RFC 5228 §2.4.2.4)."""

import re
from typing import Final

_HEX: Final = re.compile(r"\$\{hex:\s*([0-9a-f]{1,2}(?:\s+[0-9a-f]{1,2})*)\s*\}", re.IGNORECASE)
_UNICODE: Final = re.compile(r"\$\{unicode:\s*([0-9a-f]{1,16}(?:\s+[0-9a-f]{1,16})*)\s*\}", re.IGNORECASE)


class EncodedCharacterFault(ValueError):
    """A number stands for no character."""


def decoded(text: str) -> str:
    """The text with what the numbers stand for; anything malformed stays as it is."""
    with_octets = _HEX.sub(_hex, text)  # a character may be written as several groups of octets
    return _UNICODE.sub(_unicode, with_octets.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _hex(match: re.Match[str]) -> str:
    octets = bytes(int(digits, 16) for digits in match[1].split())
    return octets.decode("utf-8", "surrogateescape")


def _unicode(match: re.Match[str]) -> str:
    characters = []
    for digits in match[1].split():
        number = int(digits, 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise EncodedCharacterFault(f'"{digits}" is no Unicode character')
        characters.append(chr(number))
    return "".join(characters)
