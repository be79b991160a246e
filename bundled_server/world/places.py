"""The two mail hosts of the lecture, their people, and the DNS that lets them find each other."""

from dataclasses import dataclass

PASSWORD = "123456"
BLOCK_LIST = "dnsbl.practice.test"
LISTED = "127.0.0.2"
NEVER_SENDS = "bank.practice.test"
"""A domain that no host sends for: whoever writes in its name is found out by SPF and DMARC."""


@dataclass(frozen=True, slots=True)
class Place:
    """One mail host of the world: its FQDN, the domain it serves, and who has a mailbox there."""

    hostname: str
    domain: str
    users: tuple[str, ...]


BRASILIA = Place("brasilia.cities.org", "cities.org", ("alice", "juan", "root"))
SERVER = Place("server.other.test", "other.test", ("bob", "root"))
PLACES = (BRASILIA, SERVER)


def place_of(text: str) -> Place:
    """A host from "example.test:alice,bob"; its own name is mail.example.test. Raises ValueError."""
    domain, _, people = text.lower().partition(":")
    users = tuple(filter(None, (user.strip() for user in people.split(","))))
    if not domain or not users:
        raise ValueError(f"a host is DOMAIN:USER,USER, such as example.test:alice,bob, not {text!r}")
    return Place(f"mail.{domain}", domain, users)


def zone_text(places: tuple[Place, ...], address: str) -> str:
    """The world's DNS in master-file form (RFC 1035 §5): A, MX, TXT and PTR for every place, a block list,
    and a domain that nobody sends for.

    Every place answers on `address`; which port belongs to which host name is the world's own knowledge,
    because MX records carry no port.
    """
    lines = []
    for place in places:
        lines += [
            f"{place.domain}. 300 IN SOA {place.hostname}. postmaster.{place.domain}. 1 3600 600 86400 300",
            f"{place.domain}. 300 IN NS {place.hostname}.",
            f"{place.domain}. 300 IN MX 10 {place.hostname}.",
            f'{place.domain}. 300 IN TXT "v=spf1 mx -all"',
            f'_dmarc.{place.domain}. 300 IN TXT "v=DMARC1; p=none"',
            f"{place.hostname}. 300 IN A {address}",
        ]
    lines += [
        f"{BLOCK_LIST}. 300 IN SOA {places[0].hostname}. postmaster.{places[0].domain}. 1 3600 600 86400 60",
        f"2.0.0.127.{BLOCK_LIST}. 60 IN A {LISTED}",  # the test entry of every block list (RFC 5782 §5)
    ]
    lines += [
        f"{NEVER_SENDS}. 300 IN SOA {places[0].hostname}. postmaster.{places[0].domain}. 1 3600 600 86400 60",
        f'{NEVER_SENDS}. 300 IN TXT "v=spf1 -all"',
        f'_dmarc.{NEVER_SENDS}. 300 IN TXT "v=DMARC1; p=quarantine"',
    ]
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa."
    lines += [f"{reverse} 300 IN PTR {place.hostname}." for place in places]
    return "\n".join(lines) + "\n"
