"""Mail text as people read it, for SEARCH and filters: decoded header fields and the text parts of bodies."""

import binascii
import codecs
import quopri
import re
from datetime import date
from email.utils import parsedate_to_datetime
from functools import lru_cache

from bundled_server.mailbox.addresses import Address, addresses
from bundled_server.mailbox.structure import scan

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_.:+*'-]{1,60})\?([BbQq])\?([^?\s]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")
_SPACE_AT_END = re.compile(rb"[ \t]+(?=\r?\n)")  # a gateway put it there (RFC 2045 §6.7, rule 3)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_ADDRESS_FIELDS = frozenset((b"from", b"to", b"cc", b"bcc", b"sender", b"reply-to"))
_ODD_ADDRESS = re.compile(r'[("\\]|\s[@.]|[@.]\s')
_LONGEST_SEARCHED_HEADER = 1 << 20
_MOST_DECODED = 32 << 20
_LONGEST_CHARSET = 60
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})


def header_block(message: bytes) -> bytes:
    """The header with its blank line."""
    end = message.find(b"\r\n\r\n")
    return message if end < 0 else message[: end + 4]


def header_values(header: bytes, name: bytes) -> list[str]:
    """The decoded values of every field of that name, in any case."""
    return [decode_words(value) for value in _raw_values(header, name)]


def searched_values(header: bytes, name: bytes) -> list[str]:
    """As `header_values`; of address lists also each address as ENVELOPE tells it, where that may look otherwise:
    without comments and quoting (RFC 3501 §6.4.4, FROM: the string is in the envelope structure's field)."""
    values = header_values(header, name)
    if name.lower() in _ADDRESS_FIELDS:
        for raw in _raw_values(header, name):
            if _ODD_ADDRESS.search(raw):
                values += map(_plain, addresses(raw.encode("utf-8", "surrogateescape")))
    return values


def _plain(address: Address) -> str:
    route = b"@" + address.host if address.host else b""
    place = as_text((address.mailbox or b"") + route)
    return f"{decode_words(as_text(address.name))} <{place}>" if address.name else place


def header_text(header: bytes) -> str:
    """The whole header, unfolded and decoded."""
    return decode_words(as_text(_FOLD.sub(b"", header[:_LONGEST_SEARCHED_HEADER])))


def sent_day(header: bytes) -> date | None:
    """The day in the Date field, disregarding time and zone (RFC 3501 §6.4.4)."""
    for value in _raw_values(header, b"date"):
        try:
            return parsedate_to_datetime(value[:200]).date()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None


def as_text(octets: bytes, charset: str = "utf-8") -> str:
    """Octets as text, whatever they are: the charset if it fits, else UTF-8, else Latin-1."""
    for name in (charset, "utf-8"):
        if name != "utf-8" and not _is_charset(name):
            continue
        try:
            return octets.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return octets.decode("latin-1")


@lru_cache(maxsize=256)
def _is_charset(name: str) -> bool:
    """Whether Python decodes it, and it is a charset: punycode and its like take hours for a few megabytes."""
    try:
        return codecs.lookup(name[:_LONGEST_CHARSET]).name not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def decode_words(text: str) -> str:
    """Encoded words become what they stand for (RFC 2047); what cannot be read stays as it is."""
    if "=?" not in text:
        return text
    return _ENCODED_WORD.sub(_decode_word, _BETWEEN_WORDS.sub(r"\1", text))


def _decode_word(match: re.Match[str]) -> str:
    charset, _, _ = match[1].partition("*")  # RFC 2231 §5: a language may follow
    octets = match[3].encode("utf-8", "surrogateescape")
    if match[2] in "Qq":
        return as_text(quopri.decodestring(octets, header=True), charset)
    try:
        return as_text(binascii.a2b_base64(octets + b"=" * (-len(octets) % 4)), charset)
    except binascii.Error:
        return match[0]


def _raw_values(header: bytes, name: bytes) -> list[str]:
    found = _field(name.lower()).findall(header[:_LONGEST_SEARCHED_HEADER])
    return [as_text(_FOLD.sub(b"", value)).strip() for value in found]


@lru_cache(maxsize=256)
def _field(name: bytes) -> re.Pattern[bytes]:
    folded = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
    return re.compile(rb"^" + re.escape(name) + rb"[ \t]*:" + folded, re.IGNORECASE | re.MULTILINE)


def body_text(message: bytes) -> str:
    """The text parts of a message, decoded, those of messages inside it too."""
    texts = []
    octets_left = _MOST_DECODED
    waiting = [scan(message)]
    while waiting and octets_left > 0:
        part = waiting.pop()
        waiting.extend(reversed(part.children))
        if part.main_type == b"TEXT":
            octets = message[part.body_start : min(part.body_end, part.body_start + octets_left)]
            octets_left -= len(octets)
            charset = next((value for name, value in part.parameters if name == b"CHARSET"), b"utf-8")
            texts.append(as_text(transfer_decoded(octets, part.encoding), charset.decode("latin-1")))
    return "\n".join(texts)


ENCODINGS = frozenset((b"7BIT", b"8BIT", b"BINARY", b"QUOTED-PRINTABLE", b"BASE64"))


def transfer_decoded(octets: bytes, encoding: bytes) -> bytes:
    """Octets without their transfer encoding; an unknown one is left (RFC 2045 §6)."""
    if encoding == b"QUOTED-PRINTABLE":
        return quopri.decodestring(_SPACE_AT_END.sub(b"", octets))
    if encoding != b"BASE64":
        return octets
    letters = _NOT_BASE64.sub(b"", octets)
    try:
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    except binascii.Error:
        return octets
