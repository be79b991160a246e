"""Networks of clients: which one an address lies in, and whether it is one of some."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadNetwork(ValueError):
    """What should be a network is none; the text says what to write."""


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """The address a peer has, IPv4 when it is IPv4 inside IPv6; None for what is no address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as they are written in settings. Raises BadNetwork."""
    return tuple(network(text) for text in texts)


def network(text: str) -> Network:
    """One network or address; host bits do not matter. Raises BadNetwork."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise BadNetwork(f"{text!r} is no network: write something like 192.0.2.0/24") from None


def is_within(text: str, among: Iterable[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    address = address_of(text)
    return address is not None and any(address.version == one.version and address in one for one in among)


def block_of(text: str, ipv4_prefix: int = 32, ipv6_prefix: int = 64) -> str:
    """The network that stands for a client: one customer has a whole /64 in IPv6."""
    address = address_of(text)
    if address is None:
        return text
    prefix = ipv4_prefix if address.version == 4 else ipv6_prefix
    return str(ipaddress.ip_network((address, prefix), strict=False))
