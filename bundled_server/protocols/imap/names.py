"""Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3)."""

import binascii
import re

_PLAIN = re.compile(r"[\x20-\x7e]+")
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")


class BadName(ValueError):
    """The octets are not modified UTF-7."""


def encode(name: str) -> bytes:
    """`name` as modified UTF-7; any text can be encoded."""
    out = bytearray()
    position = 0
    while position < len(name):
        plain = _PLAIN.match(name, position)
        if plain:
            out += plain.group().replace("&", "&-").encode("ascii")
            position = plain.end()
            continue
        end = position
        while end < len(name) and not " " <= name[end] <= "~":
            end += 1
        octets = name[position:end].encode("utf-16-be", "surrogatepass")
        out += b"&" + binascii.b2a_base64(octets, newline=False).rstrip(b"=").replace(b"/", b",") + b"-"
        position = end
    return bytes(out)


def decode(octets: bytes) -> str:
    """The text of a mailbox name. Raises BadName for anything that `encode` could not have made."""
    parts: list[str] = []
    position = 0
    while position < len(octets):
        shift = octets.find(b"&", position)
        if shift < 0:
            shift = len(octets)
        parts.append(_plain(octets[position:shift]))
        position = shift
        if position < len(octets):
            shifted = _SHIFTED.match(octets, position)
            if shifted is None:
                raise BadName("unfinished shift")
            parts.append(_shifted(shifted.group(1)))
            position = shifted.end()
    name = "".join(parts)
    if encode(name) != octets:  # one spelling for each name: no two byte strings may mean one mailbox
        raise BadName("not the shortest form")
    return name


def _plain(octets: bytes) -> str:
    if any(not 0x20 <= octet <= 0x7E for octet in octets):
        raise BadName("not printable ASCII")
    return octets.decode("ascii")


def _shifted(base64: bytes) -> str:
    if not base64:
        return "&"
    try:
        octets = binascii.a2b_base64(base64.replace(b",", b"/") + b"=" * (-len(base64) % 4))
        return octets.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadName("bad base64 or UTF-16") from error
