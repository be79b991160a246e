"""Who gets mail for an address of this host: users, +detail, aliases, the postmaster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bundled_server.auth.directory import Directory
from bundled_server.envelope import split_address

DETAIL_SEPARATOR = "+"
ROLES = ("postmaster", "abuse")


@dataclass(frozen=True, slots=True)
class Target:
    """One mailbox owner; `detail` is what stood after the + in the address ("" without)."""

    user: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where one address leads: owners here, addresses elsewhere, and what led nowhere (unknown or in circles)."""

    targets: tuple[Target, ...] = ()
    forwards: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()


class Addresses:
    """The address book of one host. `domains` are its own, the first completes bare local parts."""

    def __init__(
        self,
        directory: Directory,
        domains: Sequence[str],
        aliases: Mapping[str, Sequence[str]],
        postmaster: str,
        most_members: int,
    ) -> None:
        self._directory = directory
        self._domains = tuple(dict.fromkeys(domain.lower() for domain in domains))
        self._aliases = {name.lower(): tuple(members) for name, members in aliases.items()}
        self._postmaster = postmaster.lower()
        self._most_members = most_members

    def is_here(self, address: str) -> bool:
        """Whether the domain is ours; a bare local part is."""
        return split_address(address)[1] in ("", *self._domains)

    async def exists(self, local: str, domain: str) -> bool:
        """Whether the local part, as it stands, is a user, an alias or a role here; `mta` and `msa` ask this."""
        local = local.lower()
        if domain.lower() not in self._domains:
            return False
        if local in self._aliases or await self._directory.exists(local):
            return True
        return local in ROLES and bool(self._postmaster)

    async def expand(self, local: str) -> Sequence[str] | None:
        """The members of an alias, None when there is none of that name (EXPN)."""
        return self._aliases.get(split_address(local)[0].lower())

    async def owns(self, user: str, address: str) -> bool:
        """Whether `user` may send as `address`: an alias that leads to that user alone, a role that it fills."""
        if not self.is_here(address):
            return False
        resolution = await self.resolve(address)
        return not resolution.forwards and {target.user for target in resolution.targets} == {user}

    async def resolve(self, address: str) -> Resolution:
        """Follow aliases to their ends; every name is followed once, so circles end."""
        targets: dict[str, Target] = {}
        forwards: dict[str, None] = {}
        nowhere: list[str] = []
        seen: set[str] = set()
        line = [address]
        while line and len(seen) < self._most_members:
            current = line.pop(0)
            if not self.is_here(current):
                forwards[current] = None
                continue
            found = await self._one(split_address(current)[0])
            if isinstance(found, Target):
                targets.setdefault(found.user, found)
            elif found is None:
                nowhere.append(current)
            else:
                seen.add(current.lower())
                line += [member for member in found if member.lower() not in seen]
        return Resolution(tuple(targets.values()), tuple(forwards), tuple(nowhere))

    async def _one(self, given: str) -> Target | tuple[str, ...] | None:
        """An owner, the members of an alias, or nothing."""
        local = given.lower()
        base, _, detail = local.partition(DETAIL_SEPARATOR)
        for name, rest in ((local, ""), (base, detail)):
            if not name:
                continue
            members = self._aliases.get(name)
            if members is not None:
                return members
            if await self._directory.exists(name):
                return Target(name, rest)
        if base in ROLES and self._postmaster:
            return (self._postmaster,)
        return None
