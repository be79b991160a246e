"""Addresses as DNS names them: octets or nibbles in reverse order."""

import dns.exception
import dns.name
import dns.reversename


def reverse_name_address(name: str) -> str:
    """The address in 1.2.0.192.in-addr.arpa and its like; the name itself when there is none."""
    try:
        return str(dns.reversename.to_address(dns.name.from_text(name)))
    except (dns.exception.DNSException, ValueError):
        return name
