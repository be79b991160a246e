"""The vacation reply (RFC 5230): who gets one (RFC 3834 §2), and what it looks like."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Final

from bundled_server.sieve.actions import Vacation
from bundled_server.sieve.message import Message

RECIPIENT_FIELDS: Final = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
LIST_FIELDS: Final = (
    *("list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "list-archive"),
)
MOST_RECIPIENTS: Final = 100
LONGEST_REFERENCES: Final = 20
SUBJECT_CHARACTERS: Final = 200
_MACHINES: Final = re.compile(
    r"(?:owner-.*|.*-(?:request|owner|bounces?|confirm|errors?)|mailer-daemon|postmaster|no-?reply.*|do-?not-?reply.*"
    r"|listserv|majordomo|mailman|bounce[sd]?(?:[-+=].*)?|.*[-+=]bounces?[-+=].*)",
    re.IGNORECASE,
)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]+>")


def why_not(message: Message) -> str:
    """Why nobody may be answered, "" when somebody may (RFC 5230 §4.6, RFC 3834 §2)."""
    if not message.sender:
        return "the sender is <>"
    if _MACHINES.fullmatch(message.sender.rpartition("@")[0]):
        return f"{message.sender} is no person"
    automatic = next(iter(message.values("auto-submitted")), "no")
    if automatic.partition(";")[0].strip().lower() != "no":
        return "the message is automatic"
    listed = next((field for field in LIST_FIELDS if message.has(field)), "")
    if listed:
        return f"it came from a list ({listed})"
    precedence = next(iter(message.values("precedence")), "").lower()
    if precedence in ("bulk", "list", "junk"):
        return f"its precedence is {precedence}"
    if any(value.upper() == "YES" for value in message.values("x-spam-flag")):
        return "it is marked as spam"
    return ""


def recipients_of(message: Message) -> list[str]:
    """The addresses that the header names as recipients, bounded."""
    found = [
        mailbox.text
        for name in RECIPIENT_FIELDS
        for field in message.addresses(name)
        for mailbox in field
        if mailbox.is_whole
    ]
    return found[:MOST_RECIPIENTS]


def memory_key(action: Vacation, sender: str) -> str:
    """Answers with the same handle to the same sender are the same answer."""
    return hashlib.sha256(f"{action.handle}\0{sender.lower()}".encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the reply needs: `author` is its From field's address; `identifier` makes its Message-ID."""

    author: str
    hostname: str
    identifier: str
    moment: datetime


def render(action: Vacation, message: Message, reply: Reply) -> bytes:
    """The reply with its header. No value of a message or script can begin a field of its own: what is not one
    line of printable text is encoded or left out."""
    lines = [
        f"From: {_one_line(action.sender) or reply.author}",
        f"To: <{_one_line(message.sender)}>",
        f"Subject: {_encoded(_subject(action, message))}",
        f"Date: {format_datetime(reply.moment)}",
        f"Message-ID: <{reply.identifier}@{reply.hostname}>",
        *_thread_fields(message),
        "Auto-Submitted: auto-replied (vacation)",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "MIME-Version: 1.0",
    ]
    head = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"
    return head + (_entity(action.reason) if action.is_mime else _text(action.reason))


def _subject(action: Vacation, message: Message) -> str:
    if action.subject:
        return action.subject
    original = next(iter(message.values("subject")), "")
    return f"Auto: {original}" if original else "Automated reply"


def _thread_fields(message: Message) -> Iterable[str]:
    """In-Reply-To and References (RFC 5230 §4.7)."""
    own = _MESSAGE_ID.findall(next(iter(message.values("message-id")), ""))[:1]
    if not own:
        return ()
    earlier = " ".join(message.values("references")) or " ".join(message.values("in-reply-to"))
    chain = [*_MESSAGE_ID.findall(earlier)[-LONGEST_REFERENCES:], *own]
    return f"In-Reply-To: {own[0]}", "References: " + "\r\n ".join(chain)


def _encoded(text: str) -> str:
    text = _one_line(text)[:SUBJECT_CHARACTERS]
    return text if text.isascii() else Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _text(reason: str) -> bytes:
    body = reason.rstrip() + "\r\n"
    if body.isascii() and all(len(line) < 998 for line in body.split("\r\n")):
        return b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + body.encode("ascii")
    octets = b64encode(body.encode("utf-8", "replace"))
    folded = b"\r\n".join(octets[start : start + 76] for start in range(0, len(octets), 76))
    return (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + folded + b"\r\n"
    )


def _entity(reason: str) -> bytes:
    """`:mime`: the reason begins with MIME header fields; anything else in front is not let through."""
    head, blank, body = reason.partition("\r\n\r\n")
    fields = [line for line in re.split(r"\r\n(?![ \t])", head) if line.lower().startswith("content-")]
    if not blank or not fields:
        return _text(reason)
    return ("\r\n".join(fields) + "\r\n\r\n" + body.rstrip() + "\r\n").encode("utf-8", "replace")
