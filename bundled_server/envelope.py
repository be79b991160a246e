"""The envelope of a message: SMTP's sender and recipients (RFC 5321 §2.3.1), not the header's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward-path with its DSN wishes (RFC 3461 §4.1-4.2); `notify` is empty when none were given."""

    address: str
    notify: frozenset[str] = frozenset()
    original: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who the MTAs think a message is from and for; `sender` is "" for the null reverse-path `<>`."""

    sender: str
    recipients: tuple[Recipient, ...]
    envelope_id: str = ""
    dsn_return: str = ""
    smtputf8: bool = False
    eight_bit: bool = False


def split_address(address: str) -> tuple[str, str]:
    """Local part and lower-cased domain of an addr-spec; the domain is "" when there is none."""
    local, at, domain = address.rpartition("@")
    return (local, domain.lower()) if at else (address, "")
