"""The recipients of a message taken back for editing: blind ones come from the envelope into the header."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from termail.mime.addresses import parse_addresses
from termail.mime.headers import first_value, header_end, scan_headers

_RECIPIENT_FIELDS: Final = re.compile(rb"(?im)^(to|cc|bcc)[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n?")


def for_editing(raw: bytes, recipients: Sequence[str], *, only_these: bool) -> bytes:
    """The message with a Bcc field for envelope recipients its To and Cc do not name. With `only_these` nobody
    but `recipients` stays in the fields: the others have the message already."""
    end = header_end(raw)[0]
    header = raw[:end]
    fields = scan_headers(header)
    named = {
        name: [address.lower() for _, address in parse_addresses(first_value(fields, name))]
        for name in ("to", "cc")
    }
    blind = [address for address in recipients if address.lower() not in (*named["to"], *named["cc"])]
    kept = _RECIPIENT_FIELDS.sub(lambda found: _kept(found, only_these), header)
    added = b""
    if only_these:
        for title in ("To", "Cc"):
            added += _field(title, [entry for entry in recipients if entry.lower() in named[title.lower()]])
    return kept + added + _field("Bcc", blind) + raw[end:]


def _kept(found: "re.Match[bytes]", only_these: bool) -> bytes:
    return b"" if only_these or found[1].lower() == b"bcc" else found[0]


def _field(title: str, addresses: Iterable[str]) -> bytes:
    listed = ",\r\n ".join(dict.fromkeys(addresses))
    return f"{title}: {listed}\r\n".encode() if listed else b""
