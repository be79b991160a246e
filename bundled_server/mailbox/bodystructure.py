"""BODY and BODYSTRUCTURE as octets: the MIME face of a message (RFC 3501 §7.4.2)."""

from bundled_server.mailbox.envelope import envelope
from bundled_server.mailbox.mime_values import Parameters
from bundled_server.mailbox.structure import Part
from bundled_server.mailbox.wire_strings import NIL, nstring, string


def body(part: Part) -> bytes:
    """The BODY item's value, without extension data."""
    return _describe(part, extended=False)


def body_structure(part: Part) -> bytes:
    """The BODYSTRUCTURE item's value, with extension data."""
    return _describe(part, extended=True)


def _describe(part: Part, *, extended: bool) -> bytes:
    """One part with all below it; the scanner's cap on depth bounds the recursion."""
    items = _multipart(part, extended=extended) if part.is_multipart else _single(part, extended=extended)
    if extended:
        items += (_disposition(part), _languages(part.languages), nstring(part.location))
    return b"(%b)" % b" ".join(items)


def _multipart(part: Part, *, extended: bool) -> list[bytes]:
    items = [b"".join([_describe(child, extended=extended) for child in part.children]), string(part.subtype)]
    if extended:
        items.append(_parameters(part.parameters))
    return items


def _single(part: Part, *, extended: bool) -> list[bytes]:
    fields = part.fields
    items = [
        string(part.main_type),
        string(part.subtype),
        _parameters(part.parameters),
        nstring(fields.get(b"content-id")),
        nstring(fields.get(b"content-description")),
        string(part.encoding),
        b"%d" % part.octets,
    ]
    message = part.message
    if message is not None:
        items += (envelope(message.fields), _describe(message, extended=extended))
    if message is not None or part.main_type == b"TEXT":
        items.append(b"%d" % part.lines)
    if extended:
        items.append(nstring(part.md5))
    return items


def _parameters(parameters: Parameters) -> bytes:
    if not parameters:
        return NIL
    return b"(%b)" % b" ".join([string(text) for pair in parameters for text in pair])


def _disposition(part: Part) -> bytes:
    found = part.disposition
    return NIL if found is None else b"(%b %b)" % (string(found[0]), _parameters(found[1]))


def _languages(languages: tuple[bytes, ...]) -> bytes:
    if len(languages) < 2:
        return nstring(languages[0] if languages else None)
    return b"(%b)" % b" ".join(map(string, languages))
