"""Parameters of Content-Type and Content-Disposition: RFC 2045 §5.1 and RFC 2231, tolerant and flood-proof."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from termail.mime import limits
from termail.mime.charsets import decode_text
from termail.mime.words import decode_words

_PARAMETER: Final = re.compile(
    rb'[;\s]*+([^\s=;*"]{1,64})(?:\*(\d{1,3}))?(\*)?\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)"?|([^;]*+))', re.DOTALL
)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


def split_parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """→ (what stands before the first ";", lower case, and the parameters by lower-case name, decoded)."""
    head, _, rest = value.partition(b";")
    words = head.split(None, 1)
    if len(words) > 1 and b"=" in words[1]:  # the ";" was forgotten
        rest = words[1] + b";" + rest
        head = words[0]
    main = b"".join(head.split()).lower().decode("ascii", "replace")[:128]
    return main, _collect(rest) if rest else {}


def _collect(rest: bytes) -> dict[str, str]:
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[bool, bytes]]] = {}
    position = 0
    for _ in range(limits.PARAMETER_COUNT):
        found = _PARAMETER.match(rest, position)
        if found is None:
            position = rest.find(b";", position) + 1
            if position == 0:
                break
            continue
        position = found.end()
        name = found[1].lower().decode("ascii", "replace")
        written = found[5].strip() if found[4] is None else _ESCAPED.sub(rb"\1", found[4])
        written = written[: limits.PARAMETER_OCTETS]
        if found[2] is not None or found[3] is not None:
            segments.setdefault(name, {}).setdefault(int(found[2] or 0), (found[3] is not None, written))
        else:
            plain.setdefault(name, decode_words(written))
    for name, numbered in segments.items():
        plain[name] = _join(numbered)  # RFC 2231 says more than the plain one beside it
    return plain


def _join(numbered: dict[int, tuple[bool, bytes]]) -> str:
    """The segments in their order; the first may carry charset'language' (RFC 2231 §4.1)."""
    charset = ""
    octets = bytearray()
    for index, (number, (is_encoded, written)) in enumerate(sorted(numbered.items())):
        if is_encoded:
            if number == 0 and index == 0 and written.count(b"'") >= 2:
                label, _, written = written.split(b"'", 2)
                charset = label.decode("ascii", "replace")
            written = unquote_to_bytes(written)
        octets += written
        if len(octets) > limits.PARAMETER_OCTETS:
            break
    text = decode_text(bytes(octets[: limits.PARAMETER_OCTETS]), charset)
    return decode_words(bytes(octets)) if not charset and "=?" in text else text
