"""Bodies of our own messages: format=flowed text, and transfer encodings chosen by content."""

import base64
import binascii
import re
from typing import Final

import msgspec

_FLOWED_WIDTH: Final = 72
_LONGEST_LINE: Final = 998
_PATCH: Final = re.compile(r"^(?:diff --git |@@ -\d|--- a/)", re.MULTILINE)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FROM: Final = re.compile(rb"^From ", re.MULTILINE)
_QUOTE: Final = re.compile(r">(?: ?>)* ?")


class EncodedBody(msgspec.Struct, frozen=True):
    """Octets with CRLF, the encoding's name, and the parameters of text/plain."""

    octets: bytes
    encoding: str
    parameters: tuple[tuple[str, str], ...]


def encode_text(text: str, *, keeps_spaces: bool = False) -> EncodedBody:
    """Plain text for the wire: 7bit where it is ASCII, else quoted-printable or base64, whichever is smaller; with
    `keeps_spaces` never 7bit with spaces at line ends, which some relays eat and every signature minds."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")
    if text and not text.endswith("\n"):
        text += "\n"
    is_flowed = _PATCH.search(text) is None  # flowing would eat a patch's trailing spaces
    if is_flowed:
        text = flow(text)
    octets = text.encode("utf-8")
    charset = ("charset", "us-ascii" if text.isascii() else "utf-8")
    parameters = (charset, ("format", "flowed")) if is_flowed else (charset,)
    longest = max(map(len, octets.split(b"\n")), default=0)
    is_plain = text.isascii() and longest <= _LONGEST_LINE and not _CONTROLS.search(text)
    if is_plain and not _FROM.search(octets) and not (keeps_spaces and " \n" in text):
        return EncodedBody(octets.replace(b"\n", b"\r\n"), "7bit", parameters)
    quoted = quoted_printable(octets)
    if len(quoted) > (len(octets) * 3) // 2 + 200:
        return EncodedBody(encode_base64(octets.replace(b"\n", b"\r\n")), "base64", parameters)
    return EncodedBody(quoted, "quoted-printable", parameters)


def flow(text: str) -> str:
    """format=flowed (RFC 3676 §4.2): long lines broken after a space, lines stuffed, no other trailing spaces."""
    return "\n".join(_flow_line(line) for line in text.split("\n"))


def _flow_line(line: str) -> str:
    if line == "-- ":
        return line
    line = line.rstrip(" ")
    quote = _QUOTE.match(line)
    prefix, content = "", line
    if quote is not None:
        prefix, content = ">" * quote[0].count(">"), line[quote.end() :]
        if not content:
            return prefix
        prefix += " "
    pieces: list[str] = []
    while len(content) > _FLOWED_WIDTH:
        space = content.rfind(" ", 1, _FLOWED_WIDTH)
        if space < 0 or not content[:space].strip():
            space = content.find(" ", _FLOWED_WIDTH)
        if space < 0 or not content[space + 1 :].strip():
            break
        while content[space + 1] == " ":  # a line may not end in a space that is not the soft break
            space += 1
        pieces.append(content[: space + 1])
        content = content[space + 1 :]
    pieces.append(content)
    return "\n".join(prefix + _stuffed(piece, bool(prefix)) for piece in pieces)


def _stuffed(piece: str, is_quoted: bool) -> str:
    return f" {piece}" if not is_quoted and piece.startswith((" ", ">", "From ")) else piece


def quoted_printable(octets: bytes) -> bytes:
    """RFC 2045 §6.7 for text with LF line ends; "From " at a line's start is hidden from mbox programs."""
    encoded = binascii.b2a_qp(octets, istext=True).replace(b"\r\n", b"\n")
    return _FROM.sub(b"=46rom ", encoded).replace(b"\n", b"\r\n")


def encode_base64(octets: bytes) -> bytes:
    """RFC 2045 §6.8 in lines of 76."""
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")
