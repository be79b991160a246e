"""Bouncing (mutt's `b`): a message sent on unchanged, with Resent fields on top."""

import re
from email.utils import formatdate
from typing import Final

from termail.mime.compose import refuse_injection
from termail.mime.header_encoding import fold, unstructured
from termail.mime.outgoing import Draft, DraftError
from termail.mime.typed_addresses import read_typed, write_field

_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")


def bounce_headers(raw: bytes, *, from_: str, to: str, date: float, message_id: str) -> bytes:
    """`raw` with Resent-* on top (RFC 5322 §3.6.6). Raises DraftError."""
    refuse_injection(Draft(account="", from_=from_, to=to))
    if not _MESSAGE_ID.fullmatch(message_id):
        raise DraftError("Resent-Message-ID: not a message id")
    sender, recipients = read_typed("Resent-From", from_), read_typed("Resent-To", to)
    if len(sender.mailboxes) != 1:
        raise DraftError("Resent-From: exactly one address is needed")
    if not recipients.mailboxes:
        raise DraftError("Resent-To: there is no recipient")
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    top = (
        unstructured("Resent-Date", formatdate(date, localtime=True)),
        write_field("Resent-From", sender),
        write_field("Resent-To", recipients),
        fold("Resent-Message-ID", [message_id]),
    )
    return b"".join(top) + _BARE_LF.sub(b"\r\n", raw)
