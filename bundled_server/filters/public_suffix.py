"""Organizational domains (RFC 7489 §3.2): the name that somebody registered, below a public suffix."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

SYSTEM_LIST = Path("/usr/share/publicsuffix/public_suffix_list.dat")
SECOND_LEVELS = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "or", "org", "sch"}
)
"""What stands for a kind of owner under the two letters of a country, where no list says more."""

OrganizationOf = Callable[[str], str]


def organization_of(domain: str) -> str:
    """Without a list: the last two labels, three where the second one is a kind of owner, as in example.co.uk."""
    labels = domain.lower().rstrip(".").split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS:
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


class PublicSuffixes:
    """The list of publicsuffix.org, as Debian's package publicsuffix has it."""

    def __init__(self, lines: Iterable[str]) -> None:
        rules = [line.split()[0].lower() for line in lines if line.strip() and not line.startswith("//")]
        self._exceptions = frozenset(rule[1:] for rule in rules if rule.startswith("!"))
        self._wildcards = frozenset(rule[2:] for rule in rules if rule.startswith("*."))
        self._suffixes = frozenset(rule for rule in rules if rule[0] not in "!*")

    def organization_of(self, domain: str) -> str:
        """The public suffix and one label more; a suffix is its own organization."""
        labels = domain.lower().rstrip(".").split(".")
        for start in range(len(labels)):
            name, parent = ".".join(labels[start:]), ".".join(labels[start + 1 :])
            if name in self._exceptions:
                return name
            if name in self._suffixes or parent in self._wildcards:
                return ".".join(labels[max(start - 1, 0) :])
        return ".".join(labels[-2:])


@lru_cache(maxsize=4)
def read_suffixes(path: Path) -> PublicSuffixes:
    """The list in a file. Raises OSError."""
    return PublicSuffixes(path.read_text("utf-8").splitlines())


def organizations(path: Path | None) -> OrganizationOf:
    """By the list in `path`, or else the system's where it has one, or else by rule of thumb. Raises OSError."""
    if path is None:
        path = SYSTEM_LIST if SYSTEM_LIST.exists() else None
    return organization_of if path is None else read_suffixes(path).organization_of
