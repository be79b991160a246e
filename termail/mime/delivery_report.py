"""Delivery and disposition reports in words (RFC 3464, RFC 8098)."""

from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime.headers import first_value, header_end, message_ids, scan_headers
from termail.mime.message import parse_message
from termail.mime.sanitize import clean_line
from termail.mime.words import decode_words

REPORT_TYPES: Final = frozenset(
    ("message/delivery-status", "message/global-delivery-status", "message/disposition-notification")
)
_ACTIONS: Final = {
    "failed": "could not be delivered",
    "delayed": "is delayed; it is still being tried",
    "delivered": "was delivered",
    "relayed": "was handed to a server that sends no reports",
    "expanded": "was delivered to a list or alias",
}
_RECIPIENTS: Final = 100


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery report: the Message-ID of the message it is about, and a line for each recipient."""

    message_id: str
    texts: tuple[str, ...]


def read_report(raw: bytes) -> Report | None:
    """None for what is no delivery report about a message that is named in it. Never raises; cheap for others."""
    if b"multipart/report" not in raw[: header_end(raw)[0]].lower():
        return None
    texts: list[str] = []
    about = ""
    for part in parse_message(raw).walk():
        if part.content_type in REPORT_TYPES:
            texts += [text for text in report_texts(part.decoded()) if not text.startswith(" ")]
        elif part.content_type in ("message/rfc822", "message/global") and part.children:
            about = "".join(message_ids(first_value(part.children[0].headers, "message-id"))[:1])
        elif part.content_type in ("text/rfc822-headers", "message/global-headers", "message/rfc822"):
            about = "".join(message_ids(first_value(scan_headers(part.decoded()), "message-id"))[:1])
    return Report(message_id=about, texts=tuple(texts)) if about and texts else None


def report_texts(octets: bytes) -> Iterator[str]:
    """One line of fact at a time, sanitised."""
    groups = octets.replace(b"\r\n", b"\n").strip(b"\n").split(b"\n\n")[: _RECIPIENTS + 1]
    for group in groups:
        fields = scan_headers(group)
        recipient = _typed(first_value(fields, "final-recipient") or first_value(fields, "original-recipient"))
        action = _typed(first_value(fields, "action")).lower().split(" ")[0]
        disposition = _typed(first_value(fields, "disposition"))
        if disposition:
            yield f"Your message to {recipient or 'a recipient'}: {disposition}"
        elif recipient or action:
            yield f"The message to {recipient or 'a recipient'} {_ACTIONS.get(action, action or 'has a report')}."
        for name, label in (
            ("status", "Status"),
            ("remote-mta", "Told by"),
            ("diagnostic-code", "Reason"),
            ("will-retry-until", "Tried until"),
            ("reporting-mta", "Reported by"),
        ):
            value = _typed(first_value(fields, name))
            if value:
                yield f"  {label}: {value}"


def _typed(value: bytes) -> str:
    """A value without its type ("rfc822; a@b" → "a@b")."""
    text = clean_line(decode_words(value))
    kind, semicolon, rest = text.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else text.strip()
