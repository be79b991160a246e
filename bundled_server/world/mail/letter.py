"""A letter: one sample message, who submits it and for whom; and how its octets are made."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

ART = timezone(timedelta(hours=-3), "ART")

PEOPLE = {
    "alice": Address("Alice", "alice", "cities.org"),
    "juan": Address("Juan Ñúñez", "juan", "cities.org"),
    "root": Address("Postmaster of cities.org", "root", "cities.org"),
    "bob": Address("Bob", "bob", "other.test"),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """`submitter` is "user@domain" of the world who sends it through the submission port, or "" for mail that
    comes in from outside on port 25 of the first recipient's host, from `sender`."""

    submitter: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


def days_ago(now: float, days: float, *, hour: int = 10, minute: int = 0) -> str:
    """A Date: value some days before `now` (epoch seconds), at the hour given, Argentine time."""
    day = datetime.fromtimestamp(now, ART) - timedelta(days=days)
    moment = day.replace(hour=hour, minute=minute, second=(minute * 7) % 60, microsecond=0)
    earliest = datetime.fromtimestamp(now, ART) - timedelta(minutes=2)
    return format_datetime(min(moment, earliest))


def write(
    sender: Address,
    to: tuple[Address, ...],
    subject: str,
    body: str,
    *,
    date: str,
    message_id: str,
    cc: tuple[Address, ...] = (),
    answers: tuple[str, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> EmailMessage:
    """A plain text message; `answers` are the Message-IDs of the thread above it, oldest first."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    if cc:
        message["Cc"] = cc
    message["Subject"] = subject
    message["Date"] = date
    message["Message-ID"] = message_id
    if answers:
        message["In-Reply-To"] = answers[-1]
        message["References"] = " ".join(answers)
    for name, value in headers:
        message[name] = value
    message.set_content(body)
    return message


def submitted(message: EmailMessage, submitter: str) -> Letter:
    """A letter from a person of the world to everyone its header names."""
    recipients = tuple(
        address.addr_spec
        for field in ("To", "Cc")
        for header in message.get_all(field, [])
        for address in header.addresses
    )
    return Letter(submitter, submitter, recipients, message.as_bytes())


def from_outside(message: EmailMessage, sender: str, recipient: str) -> Letter:
    """A letter that arrives on port 25 from a host outside the two of the lecture."""
    return Letter("", sender, (recipient,), message.as_bytes())
