"""The parts of a message as filters walk them: in order, with the names under which they are attached."""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from bundled_server.mailbox.decoded import as_text, decode_words
from bundled_server.mailbox.mime_values import Parameters
from bundled_server.mailbox.structure import Part

MOST_PIECES = 50
LONGEST_NAME = 400


def parts_of(root: Part) -> Iterator[Part]:
    """Every part in the order of the message, the message itself first."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.children))


def attachment_name(part: Part) -> str:
    """The name under which a part would be saved, decoded; "" without one."""
    disposition = part.disposition
    if disposition is not None:
        name = _parameter(disposition[1], b"FILENAME")
        if name:
            return name
    return _parameter(part.parameters, b"NAME")


def _parameter(parameters: Parameters, wanted: bytes) -> str:
    """A parameter's text, whichever way it is written: plain, with encoded words, or in pieces (RFC 2231)."""
    pieces: dict[int, bytes] = {}
    charset = "utf-8"
    for name, value in parameters:
        base, _, rest = name.partition(b"*")
        if base != wanted:
            continue
        number, is_encoded = rest.rstrip(b"*"), name.endswith(b"*")
        if is_encoded and number in (b"", b"0") and value.count(b"'") >= 2:
            written, _, value = value.split(b"'", 2)
            charset = written.decode("latin-1") or charset
        octets = unquote_to_bytes(value) if is_encoded else value
        pieces.setdefault(int(number) if number.isdigit() and len(number) < 4 else 0, octets)
    joined = b"".join(pieces[number] for number in sorted(pieces)[:MOST_PIECES])[:LONGEST_NAME]
    return decode_words(as_text(joined, charset)).strip()
