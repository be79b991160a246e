"""ENVELOPE as octets: the addressing face of a message (RFC 3501 §7.4.2)."""

from bundled_server.mailbox.addresses import Address, addresses
from bundled_server.mailbox.header_fields import Fields
from bundled_server.mailbox.wire_strings import NIL, nstring


def envelope(fields: Fields) -> bytes:
    """The ENVELOPE of a header, parentheses included. Absent and empty address fields are NIL; Sender and Reply-To
    default to From."""
    author = address_list(fields.get(b"from"))
    sender = address_list(fields.get(b"sender"))
    reply_to = address_list(fields.get(b"reply-to"))
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(fields.get(b"date")),
        nstring(fields.get(b"subject")),
        author,
        author if sender == NIL else sender,
        author if reply_to == NIL else reply_to,
        address_list(fields.get(b"to")),
        address_list(fields.get(b"cc")),
        address_list(fields.get(b"bcc")),
        nstring(fields.get(b"in-reply-to")),
        nstring(fields.get(b"message-id")),
    )


def address_list(value: bytes | None) -> bytes:
    """A field body as a list of address structures, NIL when it has none."""
    found = addresses(value) if value else []
    return b"(%b)" % b"".join(map(_structure, found)) if found else NIL


def _structure(address: Address) -> bytes:
    return b"(%b)" % b" ".join(map(nstring, address))
