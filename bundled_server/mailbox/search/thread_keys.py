"""What threading compares of a message, in numbers: ids and subjects by hash, references, the date it was sent."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from bundled_server.mailbox.decoded import header_block
from bundled_server.mailbox.sent_dates import sent_seconds
from bundled_server.mailbox.subjects import base_subject

_FIELD: Final = re.compile(
    rb"^(message-id|references|in-reply-to|subject|date)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_ID: Final = re.compile(rb"<([^<>\r\n]{1,998})>")
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
_SEARCHED_HEADER_OCTETS: Final = 262_144
_MOST_REFERENCES: Final = 500


@dataclass(frozen=True, slots=True)
class ThreadKeys:
    """`sent` in epoch seconds, None when the Date field tells nothing; `message_id` and `subject` (the base
    subject) are 0 where there is none; `references` lead to the nearest, the root first. What has no References
    has the first id of In-Reply-To (RFC 5256 §4)."""

    sent: float | None = None
    message_id: int = 0
    subject: int = 0
    is_reply: bool = False
    references: tuple[int, ...] = ()


NO_KEYS: Final = ThreadKeys()
"""Of a message that is gone, or has no header."""


def read_thread_keys(message: bytes) -> ThreadKeys:
    """From a message, or from its header alone."""
    values: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(header_block(message[:_SEARCHED_HEADER_OCTETS])):
        values.setdefault(name.lower(), value)
    subject = base_subject(_FOLD.sub(b"", values.get(b"subject", b"")).strip())
    own = _ids(values.get(b"message-id", b""))[:1]
    references = _ids(values.get(b"references", b""))[-_MOST_REFERENCES:]
    if not references:
        references = _ids(values.get(b"in-reply-to", b""))[:1]
    return ThreadKeys(
        sent=sent_seconds(_FOLD.sub(b"", values.get(b"date", b"")).strip()),
        message_id=number_of(own[0]) if own else 0,
        subject=number_of(subject.text.encode("utf-8", "surrogatepass")) if subject.text else 0,
        is_reply=subject.is_reply,
        references=tuple(map(number_of, references)),
    )


def number_of(octets: bytes) -> int:
    """A number from 1 to 2**64 - 1 that stands for these octets: nobody finds two that share one by chance."""
    return int.from_bytes(blake2b(octets, digest_size=8).digest(), "little") or 1


def _ids(value: bytes) -> list[bytes]:
    """Message ids without brackets; quoting in them means nothing."""
    return [found.replace(b'"', b"").strip() for found in _ID.findall(value)]
