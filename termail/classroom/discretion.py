"""Discretion: addresses of people outside the practice world are covered, their names with them, letter by letter,
at the same width."""

import re
from collections.abc import Collection
from typing import Final

from rich.cells import cell_len

COVER: Final = "•"
PRACTICE_DOMAINS: Final = frozenset(
    {"cities.org", "other.test", "outside.example", "example", "example.org", "example.com", "example.net",
     "localhost", "test", "invalid"}
)  # fmt: skip
"""The world's own, and what RFC 2606 keeps for examples: nobody lives there."""
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*)")


_NAMED: Final = re.compile(
    r"((?:\"[^\"<>]{1,80}\"|[\w.'-]+(?: [\w.'-]+){0,4}))( ?)<([^<>@\s]{1,64}@[A-Za-z0-9.-]{1,255})>"
)
"""A name before an address in angle brackets; the words of SMTP end in a colon and are none."""


def covered(text: str, domains: Collection[str] = PRACTICE_DOMAINS) -> str:
    """The text with foreign addresses covered; an address at one of `domains` or below it stays."""
    if "@" not in text:
        return text
    named = _NAMED.sub(lambda found: f"{covered_name(found[1], found[3], domains)}{found[2]}<{found[3]}>", text)
    return _ADDRESS.sub(lambda found: found[0] if _is_known(found[1], domains) else _cover(found[0]), named)


def covered_name(name: str, address: str, domains: Collection[str] = PRACTICE_DOMAINS) -> str:
    """Somebody's name, covered where their address is."""
    if "@" in name:
        return covered(name, domains)
    return name if covered(address, domains) == address else _cover(name)


def _is_known(domain: str, domains: Collection[str]) -> bool:
    labels = domain.lower().split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _cover(address: str) -> str:
    return "".join(letter if letter in '@. ",' else COVER * max(1, cell_len(letter)) for letter in address)
