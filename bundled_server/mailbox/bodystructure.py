"""BODY and BODYSTRUCTURE as octets: the MIME face of a message (RFC 3501 §7.4.2)."""

from typing import Final

from bundled_server.mailbox.envelope import envelope
from bundled_server.mailbox.mime_values import Parameters
from bundled_server.mailbox.structure import MESSAGE, TEXT_PLAIN, Part
from bundled_server.mailbox.wire_strings import NIL, nstring, string

PLACES: Final = frozenset((b"content-disposition", b"content-language", b"content-location"))


def faces(part: Part) -> tuple[bytes, bytes]:
    """The values of BODY (without extension data) and of BODYSTRUCTURE (with it). The scanner's cap on depth
    bounds the recursion."""
    items, extensions = _multipart(part) if part.is_multipart else _single(part)
    short, long = items
    return b"(%b)" % short, b"(%b %b %b)" % (long, extensions, _places(part))


def _multipart(part: Part) -> tuple[tuple[bytes, bytes], bytes]:
    """What both have, in either's words, and the first of the extension data."""
    children = [faces(child) for child in part.children]
    subtype = string(part.subtype)
    short = b"%b %b" % (b"".join([child[0] for child in children]), subtype)
    long = b"%b %b" % (b"".join([child[1] for child in children]), subtype)
    return (short, long), _parameters(part.parameters)


def _single(part: Part) -> tuple[tuple[bytes, bytes], bytes]:
    fields = part.fields
    common = b"%b %b %b %b %b %b %d" % (
        string(part.main_type),
        string(part.subtype),
        _parameters(part.parameters),
        nstring(fields.get(b"content-id")),
        nstring(fields.get(b"content-description")),
        string(part.encoding),
        part.octets,
    )
    short = long = common
    is_message = (part.main_type, part.subtype) == MESSAGE[:2]
    if is_message:
        short, long = (b"%b %b %b" % (common, *inner) for inner in _inner_message(part.message))
    if is_message or part.main_type == b"TEXT":
        short, long = b"%b %d" % (short, part.lines), b"%b %d" % (long, part.lines)
    return (short, long), nstring(part.md5)


def _inner_message(message: Part | None) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """ENVELOPE and BODY of what message/rfc822 holds, then ENVELOPE and BODYSTRUCTURE: clients expect both, also
    when it could not be opened (it is encoded, against RFC 2046 §5.2.1, or nested too deep)."""
    inner = message or Part(0, 0, 0, 0, *TEXT_PLAIN, fields={})
    face = envelope(inner.fields)
    short, long = faces(inner)
    return (face, short), (face, long)


def _parameters(parameters: Parameters) -> bytes:
    if not parameters:
        return NIL
    return b"(%b)" % b" ".join([string(text) for pair in parameters for text in pair])


def _places(part: Part) -> bytes:
    """Disposition, language and location; most parts have none of them."""
    if PLACES.isdisjoint(part.fields):
        return b"NIL NIL NIL"
    return b"%b %b %b" % (_disposition(part), _languages(part.languages), nstring(part.location))


def _disposition(part: Part) -> bytes:
    found = part.disposition
    return NIL if found is None else b"(%b %b)" % (string(found[0]), _parameters(found[1]))


def _languages(languages: tuple[bytes, ...]) -> bytes:
    if len(languages) < 2:
        return nstring(languages[0] if languages else None)
    return b"(%b)" % b" ".join(map(string, languages))
