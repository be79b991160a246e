"""Who gets mail for an address of this host: users, +detail, aliases, forwards, catch-alls, the postmaster."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bundled_server.auth.directory import Directory
from bundled_server.config import Forward
from bundled_server.envelope import split_address

DETAIL_SEPARATOR = "+"
ADDRESSES_REMEMBERED = 10_000
ROLES = ("postmaster", "abuse")


@dataclass(frozen=True, slots=True)
class Target:
    """One mailbox owner; `detail` is what stood after the + in the address ("" without)."""

    user: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where one address leads: owners here, addresses elsewhere, and what led nowhere (unknown or in circles).
    `is_role`: it is the postmaster's or the abuse desk's, which may never be turned away."""

    targets: tuple[Target, ...] = ()
    forwards: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()
    is_role: bool = False


@dataclass(slots=True)
class _Search:
    """What was found so far; `line` are addresses still to be looked at, `seen` aliases and forwards followed."""

    line: list[str]
    targets: dict[str, Target] = field(default_factory=dict)
    forwards: dict[str, None] = field(default_factory=dict)
    nowhere: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def follow(self, name: str, members: Sequence[str]) -> None:
        """Each name once, so that circles end."""
        if name not in self.seen:
            self.seen.add(name)
            self.line += members


class Addresses:
    """The address book of one host.

    `domains` are its own, lower case, the first completes bare local parts; `canonical` leads from a domain to the
    one that it stands for. `aliases` have local parts, addresses and "@domain" as names. `postmaster` reads what
    goes to the roles; when there is no such user, it is root, or the first of `everybody`. Where an
    address led is remembered as long as `version` stays the same: it changes with users, aliases and domains.
    `leads_back` knows the local parts that forwarded mail left with, `is_command` the programs among the members,
    `is_list` the mailing lists (by local part and domain), whose mail goes back into the queue from here.
    """

    def __init__(
        self,
        directory: Directory,
        domains: Sequence[str],
        aliases: Mapping[str, Sequence[str]],
        postmaster: str,
        most_members: int,
        *,
        canonical: Callable[[str], str] = lambda domain: domain,
        forwards: Mapping[str, Forward] | None = None,
        everybody: Callable[[], Awaitable[Sequence[str]]] | None = None,
        version: Callable[[], object] | None = None,
        leads_back: Callable[[str], str | None] = lambda local: None,
        is_command: Callable[[str], bool] = lambda member: False,
        is_list: Callable[[str, str], bool] = lambda local, domain: False,
    ) -> None:
        self._directory = directory
        self._domains = domains
        self._aliases = aliases
        self._postmaster = postmaster.lower()
        self._most_members = most_members
        self._canonical = canonical
        self._forwards = forwards or {}
        self._everybody = everybody
        self._version = version
        self._leads_back = leads_back
        self._is_command = is_command
        self._is_list = is_list
        self._remembered_version: object = None
        self._remembered: dict[str, Resolution] = {}

    def is_here(self, address: str) -> bool:
        """Whether the domain is ours; a bare local part is."""
        domain = split_address(address)[1]
        return not domain or domain in self._domains

    async def exists(self, local: str, domain: str) -> bool:
        """Whether the local part, as it stands, is a user, an alias or a role here, or the domain takes whatever
        comes; `mta` and `msa` ask this."""
        local, domain = local.lower(), domain.lower()
        if domain not in self._domains:
            return False
        domain = self._canonical(domain)
        if self._alias(local, domain) is not None or self._is_list(local, domain):
            return True
        if await self._directory.exists(local):
            return True
        return local in ROLES or f"@{domain}" in self._aliases or self._leads_back(local) is not None

    async def expand(self, local: str) -> Sequence[str] | None:
        """The members of an alias, None when there is none of that name (EXPN). Programs are nobody's business."""
        name, domain = split_address(local.lower())
        members = self._alias(name, self._canonical(domain or self._domains[0]))
        return None if members is None else [member for member in members if not self._is_command(member)]

    async def owns(self, user: str, address: str) -> bool:
        """Whether `user` may send as `address`: an alias that leads to that user alone, a role that it fills."""
        if not self.is_here(address):
            return False
        resolution = await self._resolve(address, {}, catch_all=False)
        return not resolution.forwards and {target.user for target in resolution.targets} == {user}

    async def resolve(self, address: str) -> Resolution:
        """Follow aliases and forwards to their ends; every name is followed once, so circles end."""
        version = self._version() if self._version is not None else None
        if version != self._remembered_version or len(self._remembered) >= ADDRESSES_REMEMBERED:
            self._remembered.clear()
            self._remembered_version = version
        known = self._remembered.get(address)
        if known is not None:
            return known
        resolution = await self._resolve(address, self._forwards, catch_all=True)
        if self._version is not None and not resolution.nowhere and version == self._version():
            self._remembered[address] = resolution
        return resolution

    async def _resolve(self, address: str, forwards: Mapping[str, Forward], *, catch_all: bool) -> Resolution:
        search = _Search([address])
        while search.line and len(search.seen) < self._most_members:
            current = search.line.pop(0)
            if self._is_command(current) or not self.is_here(current):
                search.forwards[current] = None
                continue
            came_from = self._leads_back(split_address(current)[0])
            if came_from is not None:
                search.follow(current, (came_from,))
                continue
            local, domain = split_address(current.lower())
            domain = self._canonical(domain or self._domains[0])
            if self._is_list(local, domain):
                search.forwards[f"{local}@{domain}"] = None
                continue
            found = await self._one(local, domain, catch_all=catch_all)
            if isinstance(found, Target):
                self._take(search, found, forwards)
            elif found is None:
                search.nowhere.append(current)
            else:
                search.follow(f"{local}@{domain}", found)
        is_role = split_address(address.lower())[0].partition(DETAIL_SEPARATOR)[0] in ROLES
        return Resolution(tuple(search.targets.values()), tuple(search.forwards), tuple(search.nowhere), is_role)

    def _take(self, search: _Search, target: Target, forwards: Mapping[str, Forward]) -> None:
        """An owner was found: the mail is kept, or goes where the owner wants it, or both. A forward that comes
        back to its owner, directly or through others, keeps the mail."""
        forward = forwards.get(target.user)
        name = f"forward of {target.user}"
        if forward is None or forward.keep or name in search.seen:
            search.targets.setdefault(target.user, target)
        if forward is not None:
            search.follow(name, forward.to)

    def _alias(self, local: str, domain: str) -> tuple[str, ...] | None:
        for name in (f"{local}@{domain}", local):
            if name in self._aliases:
                return tuple(self._aliases[name])
        return None

    async def _one(self, local: str, domain: str, *, catch_all: bool) -> Target | tuple[str, ...] | None:
        """An owner, the members of an alias, or nothing."""
        base, _, detail = local.partition(DETAIL_SEPARATOR)
        for name, rest in ((local, ""), (base, detail)):
            if not name:
                continue
            members = self._alias(name, domain)
            if members is not None:
                return members
            if await self._directory.exists(name):
                return Target(name, rest)
        if base in ROLES:
            postmaster = await self._who_is_postmaster()
            return Target(postmaster) if postmaster else None
        rest_of_it = self._aliases.get(f"@{domain}") if catch_all else None
        return None if rest_of_it is None else tuple(rest_of_it)

    async def _who_is_postmaster(self) -> str:
        """A user, "" as long as there is none at all."""
        for name in (self._postmaster, "root"):
            if name and await self._directory.exists(name):
                return name
        everybody = await self._everybody() if self._everybody is not None else ()
        return everybody[0] if everybody else ""
