"""The allow and deny lists that are kept in the store: one for everybody, one for each user who wants one."""

import re
from collections.abc import Iterable, Mapping

from bundled_server.envelope import split_address
from bundled_server.filters.networks import BadNetwork, is_within, network
from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record
from bundled_server.mailbox.store import Store

KIND = "filter-list"
EVERYBODY = ""
ALLOW, DENY = "allow", "deny"

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[\w-]{1,63}(?:\.[\w-]{1,63})*\Z")
_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[\w.-]{1,253}\Z")
_NETWORK = re.compile(r"[0-9a-fA-F:.]+(?:/\d+)?\Z")


class BadPattern(ValueError):
    """What should go on a list cannot; the text says what can."""


def pattern_of(text: str) -> str:
    """An address, a domain or a network in the form in which it is kept. Raises BadPattern."""
    text = text.strip().lower()
    if _NETWORK.match(text) and (":" in text or text.replace(".", "").replace("/", "").isdigit()):
        try:
            return str(network(text))
        except BadNetwork as fault:
            raise BadPattern(str(fault)) from None
    text = text.removeprefix("@") if text.count("@") == 1 and text.startswith("@") else text
    text = text.removeprefix("*.").removeprefix(".")
    if _ADDRESS.match(text) or _DOMAIN.match(text):
        return text
    raise BadPattern(f"{text!r} is no address, domain or network: ann@example.org, example.org, 192.0.2.0/24")


def is_network(pattern: str) -> bool:
    """Whether a pattern is about clients; the others are about senders."""
    return "/" in pattern


def word_on_client(entries: Mapping[str, str], address: str) -> tuple[str, str]:
    """(word, pattern) for a client's address, ("", "") without one; the narrowest network decides."""
    found = [one for one in entries if is_network(one) and is_within(address, (network(one),))]
    return _narrowest(entries, sorted(found, key=lambda one: network(one).prefixlen, reverse=True))


def word_on_sender(entries: Mapping[str, str], sender: str) -> tuple[str, str]:
    """(word, pattern) for a sender: its address first, then its domain and the domains above."""
    sender = sender.lower()
    labels = split_address(sender)[1].rstrip(".").split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    return _narrowest(entries, [one for one in (sender, *domains) if one in entries])


def _narrowest(entries: Mapping[str, str], found: list[str]) -> tuple[str, str]:
    return (entries[found[0]], found[0]) if found else ("", "")


class ListBook:
    """Reads and writes the lists; an owner is a user, or EVERYBODY."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def entries(self, owner: str) -> dict[str, str]:
        """Pattern → "allow" or "deny"."""
        records = await self._store.records(KIND, owner)
        return {key: record.value.decode("ascii", "replace") for key, record in records.items()}

    async def put(self, owner: str, pattern: str, word: str) -> bool:
        """Put a pattern on a list, off the other one; false when it was there. Raises BadPattern."""
        pattern = pattern_of(pattern)
        if (await self.entries(owner)).get(pattern) == word:
            return False
        await self._store.commit(PutRecords(KIND, owner, (Record(pattern, word.encode()),)))
        return True

    async def remove(self, owner: str, pattern: str) -> bool:
        """Take a pattern off its list; false when it was on none. Raises BadPattern."""
        pattern = pattern_of(pattern)
        if pattern not in await self.entries(owner):
            return False
        await self._store.commit(DeleteRecords(KIND, owner, (pattern,)))
        return True


def entries_of(allow: Iterable[str], deny: Iterable[str]) -> dict[str, str]:
    """Lists as settings have them; what is on both is denied. Raises BadPattern."""
    return {pattern_of(one): ALLOW for one in allow} | {pattern_of(one): DENY for one in deny}
