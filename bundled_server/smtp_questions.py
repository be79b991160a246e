"""The answers to VRFY and EXPN for those who may ask (RFC 5321 §3.5)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bundled_server.envelope import split_address
from bundled_server.protocols.smtp.replies import Reply

DETAIL_SEPARATOR = "+"

CANNOT_VERIFY = Reply(252, "2.1.5", "Cannot VRFY user, but will take the message and try")
NO_EXPN = Reply(502, "5.7.0", "EXPN is switched off")

RecipientExists = Callable[[str, str], Awaitable[bool]]
"""Whether (local part, domain) is a user, alias or list of this host."""

Members = Callable[[str], Awaitable[Sequence[str] | None]]
"""The members of a list for EXPN, None when there is no such list."""


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Who has an address here. `domains` are this host's own, the first completes what is unqualified."""

    domains: Sequence[str]
    recipient_exists: RecipientExists | None = None
    members: Members | None = None

    async def is_known(self, local: str, domain: str) -> bool:
        """Whether mail for this address finds somebody: as it stands (lower case), or without its +detail."""
        if self.recipient_exists is None or local == "postmaster":
            return True
        if await self.recipient_exists(local, domain):
            return True
        base, separator, _ = local.partition(DETAIL_SEPARATOR)
        return bool(separator and base) and await self.recipient_exists(base, domain)

    async def verify(self, name: str) -> Reply:
        """VRFY: 250 with the address, 550, or 252 for what others have to say."""
        address = name.strip("<>").lower()
        address = address if "@" in address else f"{address}@{self.domains[0]}"
        local, domain = split_address(address)
        if self.recipient_exists is None or domain not in self.domains:
            return CANNOT_VERIFY
        if not await self.is_known(local, domain):
            return Reply(550, "5.1.1", f"<{address[:256]}>... User unknown")
        return Reply(250, "2.1.5", f"<{address}>")

    async def expand(self, name: str) -> Reply:
        """EXPN: 250 with a line for each member, or 550."""
        if self.members is None:
            return NO_EXPN
        members = await self.members(name.strip("<>").lower())
        if not members:
            return Reply(550, "5.1.1", f"<{name[:256]}>... List unknown")
        addresses = [member if "@" in member else f"{member}@{self.domains[0]}" for member in members]
        return Reply(250, "2.1.5", "\n".join(f"<{address}>" for address in addresses))
