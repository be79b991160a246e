"""BODY and BODYSTRUCTURE as octets: the MIME face of a message (RFC 3501 §7.4.2)."""

from bundled_server.mailbox.envelope import envelope
from bundled_server.mailbox.mime_values import Parameters
from bundled_server.mailbox.structure import MESSAGE, TEXT_PLAIN, Part
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
    is_message = (part.main_type, part.subtype) == MESSAGE[:2]
    if is_message:
        items += _inner_message(part.message, extended=extended)
    if is_message or part.main_type == b"TEXT":
        items.append(b"%d" % part.lines)
    if extended:
        items.append(nstring(part.md5))
    return items


def _inner_message(message: Part | None, *, extended: bool) -> tuple[bytes, bytes]:
    """ENVELOPE and BODY of what message/rfc822 holds: clients expect both, also when it could not be opened (it is
    encoded, against RFC 2046 §5.2.1, or nested too deep)."""
    inner = message or Part(0, 0, 0, 0, *TEXT_PLAIN, fields={})
    return envelope(inner.fields), _describe(inner, extended=extended)


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
