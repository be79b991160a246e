"""Header fix-ups of a submitted message: what its MUA left out or must not send (RFC 6409 §8)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from bundled_server.msa.address_list import bare_address, complete, split_list
from bundled_server.protocols.smtp.header import Field, HeaderBlock

REMOVED = frozenset({"bcc", "resent-bcc", "return-path"})
RESERVED_PREFIX = "x-spam-"
"""What only filters may say; the MDA goes by it."""

ADDRESS_FIELDS = frozenset({"from", "sender", "reply-to", "to", "cc"})


@dataclass(frozen=True, slots=True)
class Author:
    """Who submits, and what is put where the message says nothing; `time` in epoch seconds."""

    address: str
    domain: str
    message_id: str
    time: float


class BadHeader(ValueError):
    """The header breaks a rule that cannot be mended here."""


def fixed_header(header: HeaderBlock, author: Author) -> bytes:
    """The new fields, without the blank line: what was right stays octet for octet."""
    kept = [
        _completed(field, author.domain)
        for field in header.fields
        if field.name not in REMOVED and not field.name.startswith(RESERVED_PREFIX)
    ]
    names = {field.name for field in header.fields}
    missing: list[str] = []
    if "date" not in names:
        missing.append(f"Date: {format_datetime(datetime.fromtimestamp(author.time, UTC))}")
    if "from" not in names:
        missing.append(f"From: {author.address}")
    if not names & {"to", "cc"}:
        missing.append("To: undisclosed-recipients:;")
    if not header.first("message-id"):
        kept = [raw for raw in kept if not raw[:11].lower().startswith(b"message-id:")]
        missing.append(f"Message-ID: {author.message_id}")
    return b"".join(kept) + "".join(f"{line}\r\n" for line in missing).encode("utf-8")


def authors_of(header: HeaderBlock) -> list[str]:
    """Every address of From and Sender. Raises BadHeader when From is doubled or is no list of mailboxes."""
    if header.count("from") > 1 or header.count("sender") > 1:
        raise BadHeader("more than one From or Sender field")
    addresses: list[str] = []
    for name in ("from", "sender"):
        if not header.count(name):
            continue
        try:
            found = [bare_address(item) for item in split_list(header.first(name))]
        except ValueError as fault:
            raise BadHeader(f"bad {name.capitalize()} field: {fault}") from None
        if not all(found):
            raise BadHeader(f"empty address in the {name.capitalize()} field")
        addresses += found
    return addresses


def _completed(field: Field, domain: str) -> bytes:
    if field.name not in ADDRESS_FIELDS:
        return field.raw
    name, colon, body = field.raw.partition(b":")
    text = body.decode("utf-8", "surrogateescape")
    fixed = complete(text, domain)
    return field.raw if fixed is text else name + colon + fixed.encode("utf-8", "surrogateescape")
