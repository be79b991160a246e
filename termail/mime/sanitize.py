"""The one sanitiser between mail and terminal: no control character, escape or bidi override passes it."""

import re
from typing import Final

_REPLACEMENT: Final = "\ufffd"

_INVISIBLE: Final = (
    "\u00ad"  # soft hyphen: terminals count it as one cell
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, embeddings, overrides, isolates (UAX #9)
    "\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # zero-width and deprecated format characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"  # shorthand, musical and tag characters
)
_SUBSTITUTED: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_JOINERS: Final = "\u200c\u200d"

_BAD_IN_LINE: Final = re.compile(f"\r\n|[\t\n\u2028\u2029{_SUBSTITUTED}{_INVISIBLE}]")
_BAD_IN_TEXT: Final = re.compile(f"\r\n?|[\u2028\u2029{_SUBSTITUTED}{_INVISIBLE}]")
# ZWJ and ZWNJ mean something between emoji and inside Arabic, Persian and Indic words; next to Latin, or in a
# row, they only hide text.
_STRAY_JOINER: Final = re.compile(
    f"(?<![^\x00-\u02ff{_JOINERS}])[{_JOINERS}]+|[{_JOINERS}]+(?![^\x00-\u02ff{_JOINERS}])|[{_JOINERS}]{{2,}}"
)


def _substitute(character: str) -> str:
    code = ord(character[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0 or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return _REPLACEMENT
    return ""


def _in_line(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character in "\t\r\n\x0b\x0c\u2028\u2029" else _substitute(character)


def _in_text(found: re.Match[str]) -> str:
    character = found[0]
    return "\n" if character in "\r\n\u2028\u2029" else _substitute(character)


def _without_stray_joiners(text: str) -> str:
    if "\u200d" in text or "\u200c" in text:
        return _STRAY_JOINER.sub("", text)
    return text


def clean_line(text: str) -> str:
    """`text` as one line fit for a terminal: C0, C1, DEL and ESC become visible substitutes (U+2400 block or
    U+FFFD), line ends and tabs become spaces, bidi controls and soft hyphens vanish, lone surrogates become
    U+FFFD."""
    if text.isprintable():
        return text
    return _without_stray_joiners(_BAD_IN_LINE.sub(_in_line, text))


def clean_text(text: str) -> str:
    """The same for many lines: keeps "\\n" (every line end becomes one), expands tabs to 8 columns."""
    if not text.replace("\n", "").isprintable():
        text = _without_stray_joiners(_BAD_IN_TEXT.sub(_in_text, text))
    return text.expandtabs(8) if "\t" in text else text
