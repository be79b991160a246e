"""Encodings undone step by step: base64, quoted-printable, uuencode, and the encoded words of a header."""

import binascii
import re
from typing import Final

from termail.classroom.anatomy.dissect import Cut, Kind
from termail.mime.charsets import decode_text

GROUPS: Final = 3
_WORD: Final = re.compile(rb"=\?([^?]{1,60})\?([BbQq])\?([^?]{0,200})\?=")
_ESCAPED: Final = re.compile(rb"(?:=[0-9A-Fa-f]{2})+")
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def steps(cut: Cut) -> list[str]:
    """How this line is read, step by step; nothing when it says what it says."""
    if cut.kind in (Kind.FIELD, Kind.FOLD):
        return [line for found in _WORD.finditer(cut.octets) for line in _word_steps(found)]
    if cut.kind is not Kind.BODY or not cut.octets:
        return []
    if cut.encoding == "base64":
        return base64_steps(cut.octets, cut.charset)
    if cut.encoding == "quoted-printable":
        return quoted_steps(cut.octets, cut.charset)
    if cut.encoding in ("x-uuencode", "uuencode", "x-uue") or _looks_uuencoded(cut.octets):
        return uuencode_steps(cut.octets)
    return []


def base64_steps(line: bytes, charset: str = "") -> list[str]:
    """Four letters are 24 bits are three octets (RFC 4648 §4)."""
    shown: list[str] = []
    text = line.decode("ascii", "replace")
    for at in range(0, min(len(text), 4 * GROUPS), 4):
        group = text[at : at + 4]
        values = [_ALPHABET.find(letter) for letter in group if letter != "="]
        if not values or min(values) < 0:
            break
        bits = "".join(f"{value:06b}" for value in values)
        octets = [bits[start : start + 8] for start in range(0, len(bits) - 7, 8)]
        numbers = " ".join(str(value) for value in values)
        hexadecimal = " ".join(f"{int(octet, 2):02x}" for octet in octets)
        shown.append(f"{group} → {numbers} → {' '.join(octets)} → {hexadecimal}")
    try:
        decoded = binascii.a2b_base64(line + b"=" * (-len(line) % 4))
    except binascii.Error as error:
        return [*shown, f"that is no base64: {error}"]
    rest = ["…"] if len(text) > 4 * GROUPS else []
    return [*shown, *rest, f"{len(line)} letters → {len(decoded)} octets: {_words(decoded, charset)}"]


def quoted_steps(line: bytes, charset: str = "") -> list[str]:
    """=XX is one octet in hexadecimal; = at the end means that the line goes on (RFC 2045 §6.7)."""
    shown: list[str] = []
    for found in list(_ESCAPED.finditer(line))[: GROUPS + 1]:
        octets = bytes.fromhex(found[0].decode().replace("=", ""))
        shown.append(f"{found[0].decode()} → octets {octets.hex(' ')} → {_words(octets, charset)}")
    if line.endswith(b"="):
        shown.append("= at the end → no line end here: the line goes on with the next")
    decoded = binascii.a2b_qp(line)
    return [*shown, f"read: {_words(decoded, charset)}"] if shown else []


def uuencode_steps(line: bytes) -> list[str]:
    """The first letter is the length, each other one six bits above the space."""
    length = (line[0] - 32) & 63
    shown = [f"{chr(line[0])} → {line[0]} - 32 → {length} octets in this line"]
    group = line[1:5]
    values = [(octet - 32) & 63 for octet in group]
    bits = "".join(f"{value:06b}" for value in values)
    octets = [bits[start : start + 8] for start in range(0, len(bits) - 7, 8)]
    shown.append(f"{group.decode('ascii', 'replace')} → {values} → {' '.join(octets)}")
    try:
        decoded = binascii.a2b_uu(line)
    except binascii.Error as error:
        return [*shown, f"that is no uuencode: {error}"]
    return [*shown, f"read: {_words(decoded, '')}"]


def _word_steps(found: re.Match[bytes]) -> list[str]:
    """=?charset?encoding?text?= (RFC 2047 §2)."""
    charset, letter, text = found[1].decode("ascii", "replace"), found[2].decode().upper(), found[3]
    lines = [f"{found[0].decode('ascii', 'replace')} → charset {charset}, encoding {letter}, then the text"]
    if letter == "B":
        return [*lines, *base64_steps(text, charset)]
    spaced = text.replace(b"_", b" ")
    lines += [f"_ → space: {spaced.decode('ascii', 'replace')}"] if spaced != text else []
    return [*lines, *(quoted_steps(spaced, charset) or [f"read: {_words(spaced, charset)}"])]


def _looks_uuencoded(line: bytes) -> bool:
    """A line as uuencode makes them: its first letter says how long it is (M for the full 45 octets)."""
    length = (line[0] - 32) & 63
    return 0 < length <= 45 and len(line) == 1 + (length + 2) // 3 * 4 and all(32 < octet <= 96 for octet in line)


def _words(octets: bytes, charset: str) -> str:
    """As text where it is text, else as numbers."""
    text = decode_text(octets, charset)
    if text and sum(letter.isprintable() or letter in "\r\n\t" for letter in text) >= len(text) * 0.9:
        return f"“{text}”" + (f" in {charset}" if charset else "")
    return f"octets {octets[:12].hex(' ')}{' …' if len(octets) > 12 else ''}"
