"""A message as another program pipes it to sendmail: its recipients read, its missing fields added."""

import re
from collections.abc import Sequence
from email.utils import formatdate, make_msgid
from typing import Final

from termail.mime.addresses import parse_addresses
from termail.mime.header_encoding import unstructured
from termail.mime.headers import first_value, header_end, scan_headers
from termail.mime.outgoing import Built, DraftError

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_FIELD: Final = re.compile(rb"[!-9;-~]+[ \t]*:")
_RESENT: Final = ("resent-to", "resent-cc", "resent-bcc")
_USUAL: Final = ("to", "cc", "bcc")


def read_piped(
    text: bytes, sender: str, from_: str, given: Sequence[str], *, from_header: bool, date: float
) -> Built:
    """`given` are recipients of the command line; with `from_header` those of the fields are added. A name without
    a domain is a local user, and the only one here is `sender`. Raises DraftError."""
    raw = _LINE_END.sub(b"\r\n", text)
    if raw.startswith(b"From "):  # an mbox line some programs put before the header
        raw = raw.partition(b"\r\n")[2]
    if not raw.startswith(b"\r\n") and not _FIELD.match(raw):
        raw = b"\r\n" + raw
    end, _ = header_end(raw)
    header = raw[:end] + (b"" if not end or raw[:end].endswith(b"\n") else b"\r\n")
    fields = scan_headers(header)
    names = {name.lower() for name, _ in fields}
    wanted = _RESENT if names & set(_RESENT) else _USUAL
    values = [value for name, value in fields if from_header and name.lower() in wanted]
    found = [*given, *(address for value in values for _, address in parse_addresses(value) if address)]
    recipients = tuple(dict.fromkeys(entry if "@" in entry else sender for entry in found))
    if not recipients:
        raise DraftError("no recipients: name them, or use -t when they are in the header")
    added = b""
    message_id = first_value(fields, "message-id").decode("ascii", "replace")
    if "from" not in names:
        added += unstructured("From", from_)
    if "date" not in names:
        added += unstructured("Date", formatdate(date, localtime=True))
    if not message_id:
        message_id = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
        added += unstructured("Message-ID", message_id)
    return Built(raw=header + added + raw[end:], sender=sender, recipients=recipients, message_id=message_id)
