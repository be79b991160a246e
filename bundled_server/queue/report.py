"""Delivery status notifications as octets: multipart/report (RFC 6522) with message/delivery-status (RFC 3464)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from bundled_server.envelope import Recipient
from bundled_server.mailbox.changes import QueuedRecipient, QueueItem
from bundled_server.mailbox.content import Content


class Action(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


SUCCESSES = frozenset({Action.DELIVERED, Action.RELAYED, Action.EXPANDED})
SUBJECTS = {
    Action.FAILED: "Undeliverable: your message was not delivered",
    Action.DELAYED: "Delayed: your message has not been delivered yet",
    Action.DELIVERED: "Delivered: your message has arrived",
    Action.RELAYED: "Relayed: your message went on to a server that sends no reports",
    Action.EXPANDED: "Delivered to a list: your message has gone to its members",
}

RETURNED_TYPES = {
    (False, True): "message/rfc822",
    (False, False): "text/rfc822-headers",
    (True, True): "message/global",
    (True, False): "message/global-headers",
}
"""By (internationalized, whole): RFC 6522 §3 and RFC 6533 §5."""

ADVICE = (
    ("5.1.1", "The address does not exist. Check its spelling, or ask the person for the right one."),
    ("5.1.2", "The domain does not exist or takes no mail. Check the part after the @."),
    ("5.1.10", "The domain says that it takes no mail at all. Check the part after the @."),
    ("5.1", "The address is wrong or cannot be used. Check its spelling."),
    ("5.2.2", "The mailbox is full. Try again later, or tell the person in another way."),
    ("5.2.3", "The message is larger than that mailbox takes. Send it without large attachments."),
    ("5.3.4", "The message is too large. Send it without large attachments."),
    (
        "5.4.6",
        "The message went round in circles between mail servers. The postmaster of that domain can mend it.",
    ),
    ("5.6", "The other server does not take this kind of content. Try plain text, without attachments."),
    ("5.7", "The other server refused the message by its own rules. Its words above may say why."),
    ("4.4.7", "We tried for as long as we may. Check the address, and send the message again later."),
    ("5.4", "The other server cannot be reached. Check the part after the @, or try again later."),
    ("4", "Nothing needs to be done now."),
    ("5", "The other server's words above may say why. Its postmaster can tell more."),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One notification about one queue item to one address. `whole` returns the message, not only its header;
    `retry_until` (delays only) and `tried_at` in epoch seconds."""

    action: Action
    to: str
    hostname: str
    domain: str
    item: QueueItem
    recipients: tuple[QueuedRecipient, ...]
    returned: bytes
    whole: bool
    now: float
    identifier: str
    retry_until: float = 0.0
    tried_at: float = 0.0


def render(report: Report) -> bytes:
    """The message with CRLF line ends. Header fields of ours are ASCII; addresses in UTF-8 go into the parts."""
    boundary = f"=_{report.identifier}"
    header = [
        f"From: Mail Delivery System <MAILER-DAEMON@{report.domain}>",
        f"To: {_in_header(report.to)}",
        f"Subject: {SUBJECTS[report.action]}",
        f"Date: {_date(report.now)}",
        f"Message-ID: <{report.identifier}@{report.hostname}>",
        *([f"In-Reply-To: {report.item.message_id}"] if _is_message_id(report.item.message_id) else []),
        *([f"References: {report.item.message_id}"] if _is_message_id(report.item.message_id) else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        "This is a report from a mail server, in MIME format.",
        "",
    ]
    global_prefix = report.item.envelope.smtputf8
    returned_type = RETURNED_TYPES[global_prefix, report.whole]
    parts = (
        _part('text/plain; charset="utf-8"', _octets(human_lines(report))),
        _part(f"message/{'global-' if global_prefix else ''}delivery-status", _octets(status_lines(report))),
        _part(returned_type, report.returned),
    )
    delimiter = b"--" + boundary.encode() + b"\r\n"
    body = b"".join(delimiter + part.rstrip(b"\r\n") + b"\r\n\r\n" for part in parts)
    return _octets(header) + body + b"--" + boundary.encode() + b"--\r\n"


def human_lines(report: Report) -> list[str]:
    """The part for people: what happened to whom, why, and what to do."""
    opening = {
        Action.FAILED: "Your message could not be delivered to the recipients below. It will not be tried again.",
        Action.DELAYED: "Your message has not been delivered to the recipients below yet. We keep trying; "
        "you need not send it again.",
        Action.DELIVERED: "As you asked, this tells you that your message was delivered to the recipients below.",
        Action.RELAYED: "Your message was handed to the mail servers of the recipients below. They do not send "
        "reports, so you will not hear when it arrives.",
        Action.EXPANDED: "Your message was delivered to the lists below and goes on to their members. You will "
        "not hear when it reaches each of them.",
    }[report.action]
    lines = [f"This is the mail server {report.hostname}.", "", opening, ""]
    for queued in report.recipients:
        lines.append(f"  {_told(queued.recipient)}")
        if report.action not in SUCCESSES:
            by = f"{queued.remote} said" if queued.remote else "the reason"
            lines.append(f"    {by}: {queued.text or 'no reason was given'} ({queued.status or 'no code'})")
        if report.action is Action.FAILED:
            lines.append(f"    {advice_for(queued.status, by_us=not queued.remote)}")
        lines.append("")
    if report.action is Action.DELAYED:
        lines += [f"If it still cannot be delivered, we give up on {_date(report.retry_until)}.", ""]
    lines.append(f"The message arrived here on {_date(report.item.arrived)}, queue id {report.item.queue_id}.")
    return lines


def advice_for(status: str, *, by_us: bool = False) -> str:
    """What the sender can do about an enhanced status code (RFC 3463); `by_us` when no other server said so."""
    if by_us and status.startswith("5.7."):
        return "This server does not carry mail there. Its postmaster can tell more."
    for prefix, text in ADVICE:
        if status == prefix or status.startswith(prefix + "."):
            return text
    return ADVICE[-1][1]


def status_lines(report: Report) -> list[str]:
    """The part for programs (RFC 3464 §2.2-2.3)."""
    envelope = report.item.envelope
    lines = [f"Reporting-MTA: dns; {report.hostname}"]
    if envelope.envelope_id:
        lines.append(f"Original-Envelope-Id: {_one_line(envelope.envelope_id)}")
    lines += [f"X-Queue-ID: {report.item.queue_id}", f"Arrival-Date: {_date(report.item.arrived)}"]
    for queued in report.recipients:
        lines.append("")
        if queued.recipient.original:
            kind, _, original = queued.recipient.original.partition(";")
            lines.append(f"Original-Recipient: {kind}; {_address(original, envelope.smtputf8)}")
        address = _told(queued.recipient)
        kind = "rfc822" if address.isascii() else "utf-8"
        lines.append(f"Final-Recipient: {kind}; {_address(address, envelope.smtputf8)}")
        lines.append(f"Action: {report.action.value}")
        lines.append(f"Status: {_status(report.action, queued.status)}")
        if queued.remote:
            lines.append(f"Remote-MTA: dns; {_one_line(queued.remote)}")
        if queued.text and report.action not in SUCCESSES:
            kind = "smtp" if queued.remote else "x-termail"
            lines.append(f"Diagnostic-Code: {kind}; {_address(queued.text, envelope.smtputf8)}")
        if report.action is not Action.DELIVERED and report.tried_at:
            lines.append(f"Last-Attempt-Date: {_date(report.tried_at)}")
        if report.action is Action.DELAYED:
            lines.append(f"Will-Retry-Until: {_date(report.retry_until)}")
    return lines


def _told(recipient: Recipient) -> str:
    """The address as others may know it: which program an alias runs is nobody's business."""
    is_program = recipient.address.startswith("|") and recipient.original
    return recipient.original.partition(";")[2] if is_program else recipient.address


def returned_part(content: Content | None, *, whole: bool) -> bytes:
    """What goes back of the message: all of it or its header, without the trace lines that only a mailbox has."""
    if content is None:
        return b""
    octets = content.data if whole else content.data[: content.header_octets]
    while octets[:12].lower() == b"return-path:" or octets[:13].lower() == b"delivered-to:":
        octets = octets.partition(b"\r\n")[2]
    return octets


def _date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def _status(action: Action, status: str) -> str:
    if action in SUCCESSES:
        return status if status.startswith("2.") else "2.0.0"
    if action is Action.DELAYED:
        return status if status.startswith("4.") else "4.0.0"
    return status if status[:2] in ("4.", "5.") else "5.0.0"


def _is_message_id(text: str) -> bool:
    return (
        text.startswith("<") and text.endswith(">") and text.isascii() and text.isprintable() and len(text) < 900
    )


def _in_header(address: str) -> str:
    return f"<{_one_line(address)}>"


def _one_line(text: str) -> str:
    """Without control characters, so that no remote server can add fields to our report."""
    return "".join(c if c.isprintable() else " " for c in text)[:900]


def _octets(lines: Iterable[str]) -> bytes:
    return "".join(f"{_one_line(line)}\r\n" for line in lines).encode("utf-8", "backslashreplace")


def _address(text: str, utf8: bool) -> str:
    """An address or a stranger's words in a status field: UTF-8 in an internationalized report, else ASCII with
    RFC 6533 §3's escapes."""
    text = _one_line(text)
    if utf8 or text.isascii():
        return text
    return "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in text)


def _part(content_type: str, octets: bytes) -> bytes:
    encoding = "" if octets.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
    return f"Content-Type: {content_type}\r\n{encoding}\r\n".encode() + octets
