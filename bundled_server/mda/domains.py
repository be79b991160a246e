"""The domains of one host: its own, those added while it runs, and those that only stand for another."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

import msgspec

_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


class BadDomain(ValueError):
    """What was asked for cannot be done to this domain; the text says why."""


class DomainList(msgspec.Struct, frozen=True, kw_only=True):
    """As it lies in the file. `own` are the settings' names, the first completes bare local parts; `aliases` maps
    a domain to the one that it stands for."""

    own: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    aliases: dict[str, str] = {}


class Domains(Sequence[str]):
    """Every domain whose mail is ours, lower case, own ones first; a live view, kept in `path`."""

    def __init__(self, path: Path, own: Sequence[str] = ()) -> None:
        """Without `own` (on a stopped host) they are what the last run wrote down. Raises BadDomain when the file
        cannot be understood, OSError when it cannot be read or written."""
        self._path = path
        found = _read(path)
        names = tuple(dict.fromkeys(name.lower() for name in own)) or found.own
        self._list = DomainList(own=names, added=found.added, aliases=found.aliases)
        self._all: dict[str, str] = {}
        self.version = 0
        """How often the domains changed."""
        self._index()
        if self._list != found:
            self._write(self._list)

    def canonical(self, domain: str) -> str:
        """The domain that this one stands for, itself when it stands for none."""
        return self._list.aliases.get(domain, domain)

    # administration; implements `admin.control.DomainControl`

    def describe(self) -> list[dict[str, str]]:
        """Every domain with its kind: own, added or alias."""
        now = self._list
        return [
            *({"domain": name, "kind": "own", "target": ""} for name in now.own),
            *({"domain": name, "kind": "added", "target": ""} for name in now.added),
            *({"domain": name, "kind": "alias", "target": target} for name, target in sorted(now.aliases.items())),
        ]

    def add(self, domain: str) -> bool:
        """Take mail for one more domain; false when it is ours already. Raises BadDomain."""
        name = checked_domain(domain)
        if name in self:
            return False
        self._put(added=(*self._list.added, name))
        return True

    def alias(self, domain: str, target: str) -> bool:
        """Let `domain` stand for `target`; false when it does already. Raises BadDomain."""
        name, target = checked_domain(domain), checked_domain(target)
        if self._list.aliases.get(name) == target:
            return False
        if target not in self or target in self._list.aliases or target == name:
            raise BadDomain(f"{target} is not a domain of this host that another can stand for")
        if name in self._list.own or name in self._list.aliases.values():
            raise BadDomain(f"{name} is a domain in its own right here")
        added = tuple(other for other in self._list.added if other != name)
        self._put(added=added, aliases=self._list.aliases | {name: target})
        return True

    def remove(self, domain: str) -> bool:
        """Take no more mail for a domain; false when it is not ours. Raises BadDomain for the host's own."""
        name = domain.strip().lower().rstrip(".")
        if name in self._list.own:
            raise BadDomain(f"{name} is the host's own: it comes from its settings")
        if name not in self:
            return False
        users = sorted(alias for alias, target in self._list.aliases.items() if target == name)
        if users:
            raise BadDomain(f"{', '.join(users)} stands for {name}: remove that first")
        self._put(
            added=tuple(other for other in self._list.added if other != name),
            aliases={alias: target for alias, target in self._list.aliases.items() if alias != name},
        )
        return True

    def _put(self, *, added: tuple[str, ...], aliases: dict[str, str] | None = None) -> None:
        aliases = self._list.aliases if aliases is None else aliases
        changed = DomainList(own=self._list.own, added=added, aliases=aliases)
        self._write(changed)
        self._list = changed
        self._index()

    def _index(self) -> None:
        now = self._list
        self.version += 1
        self._all = dict.fromkeys((*now.own, *now.added, *sorted(now.aliases)), "")

    def _write(self, wanted: DomainList) -> None:
        """The file is whole at every moment."""
        new = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(wanted), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    # Sequence

    def __contains__(self, domain: object) -> bool:
        return domain in self._all

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._all))

    @overload
    def __getitem__(self, position: int) -> str: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[str, ...]: ...

    def __getitem__(self, position: int | slice) -> str | tuple[str, ...]:
        return tuple(self._all)[position]


def checked_domain(domain: str) -> str:
    """The domain in lower case and ASCII. Raises BadDomain."""
    name = domain.strip().rstrip(".").lower()
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _NAME.fullmatch(name):
        raise BadDomain(f"{domain[:80]!r} is not a domain: write something like example.test")
    return name


def _read(path: Path) -> DomainList:
    try:
        return msgspec.json.decode(path.read_bytes(), type=DomainList)
    except FileNotFoundError:
        return DomainList()
    except msgspec.MsgspecError as fault:
        raise BadDomain(f"{path} cannot be understood: {fault}") from fault
