"""Who the user is: the addresses of an account, and the face that fits a message (From and signature)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from termail.config import Account, Settings
from termail.mime.headers import parse_addresses, scan_headers
from termail.mime.sanitize import clean_text

SIGNATURE_OCTETS = 10_000
_CAME_TO = ("to", "cc", "delivered-to", "x-original-to")


@dataclass(frozen=True, slots=True)
class Face:
    """What a message of this user starts with."""

    account: str
    from_: str
    signature: str = ""


def address_of(mailbox: str) -> str:
    """The bare address of "Alice <alice@cities.org>"."""
    addresses = parse_addresses(mailbox.encode())
    return addresses[0][1] if addresses else mailbox.strip()


def my_addresses(account: Account) -> frozenset[str]:
    """Every address that is the user's."""
    return frozenset(address_of(mailbox).lower() for mailbox in (account.from_, *account.alternates))


def all_my_addresses(settings: Settings, account: str) -> frozenset[str]:
    """Those of the account, and of the identities that may write from it."""
    mine = my_addresses(settings.accounts[account]) if account in settings.accounts else frozenset()
    return mine | {address_of(entry.from_).lower() for entry in settings.identities.values()}


def face_for(settings: Settings, account: str, *, came_to: bytes = b"", goes_to: str = "") -> Face:
    """The identity a mail was written to (`came_to` is its header), or that writes to these people; an alternate
    address of the account under the account's own name; else the account itself."""
    usual = settings.accounts[account]
    addresses = {address.lower() for name, value in scan_headers(came_to) if name.lower() in _CAME_TO
                 for _, address in parse_addresses(value)}  # fmt: skip
    recipients = [address.lower() for _, address in parse_addresses(goes_to.encode("utf-8", "replace"))]
    for identity in settings.identities.values():
        fits = address_of(identity.from_).lower() in addresses or (
            not came_to and _any_fits(recipients, identity.when_writing_to)
        )
        if fits:
            return Face(identity.account or account, identity.from_, identity.signature or usual.signature)
    if address_of(usual.from_).lower() not in addresses:
        for mailbox in usual.alternates:
            if address_of(mailbox).lower() in addresses:
                return Face(account, _with_name(mailbox, usual.from_), usual.signature)
    return Face(account, usual.from_, usual.signature)


def _any_fits(addresses: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(address, pattern.lower()) for address in addresses for pattern in patterns)


def _with_name(mailbox: str, usual: str) -> str:
    """The alternate address, under the usual name when it has none of its own."""
    if "<" in mailbox:
        return mailbox
    name, bracket, _ = usual.rpartition("<")
    return f"{name}<{mailbox.strip()}>" if bracket else mailbox


def with_signature(body: str, signature: str) -> str:
    """The text with "-- " and the signature below; a path (beginning with / or ~) is a file to read."""
    text = _signature_text(signature)
    if not text.strip():
        return body
    lead = body.rstrip("\n") + "\n\n" if body.strip() else "\n\n"
    return f"{lead}-- \n{text.strip(chr(10))}\n"


def _signature_text(signature: str) -> str:
    if signature[:1] not in ("/", "~") or "\n" in signature:
        return signature
    try:
        with Path(signature).expanduser().open(encoding="utf-8", errors="replace") as file:
            return clean_text(file.read(SIGNATURE_OCTETS))
    except OSError:
        return ""
