"""Cutting sections out of a message by the offsets of its MIME scan (RFC 3501 §6.4.5)."""

from collections.abc import Callable

from bundled_server.maa.imap.header_fields import cut
from bundled_server.protocols.imap.fetch_items import Section


def section_reader(section: Section) -> Callable[[bytes], bytes | None]:
    """From a message to the octets of the section; None (NIL) for a part that is not there."""
    return lambda message: cut(message, section.partial)
