"""Who the user is: the addresses of an account."""

from termail.config import Account
from termail.mime.headers import parse_addresses


def address_of(mailbox: str) -> str:
    """The bare address of "Alice <alice@cities.org>"."""
    addresses = parse_addresses(mailbox.encode())
    return addresses[0][1] if addresses else mailbox.strip()


def my_addresses(account: Account) -> frozenset[str]:
    """Every address that is the user's."""
    return frozenset(address_of(mailbox).lower() for mailbox in (account.from_, *account.alternates))
