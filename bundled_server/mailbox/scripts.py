"""Users' Sieve scripts as records of the store, one of them active at most."""

from dataclasses import dataclass
from typing import Final

from bundled_server.mailbox.changes import Change
from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record
from bundled_server.mailbox.store import Store, StoreError

SCRIPT_KIND: Final = "sieve-script"
ACTIVE_KIND: Final = "sieve-active"
ACTIVE_KEY: Final = "name"


class NoSuchScript(StoreError):
    """The user has no script of that name."""


class ScriptExists(StoreError):
    """The user has a script of that name already."""


class ScriptIsActive(StoreError):
    """The active script cannot be deleted (RFC 5804 §2.10)."""


@dataclass(frozen=True, slots=True)
class ScriptShelf:
    """All scripts of all users. Names are text, contents octets as they were put."""

    store: Store

    async def names(self, owner: str) -> list[str]:
        return sorted(await self.store.records(SCRIPT_KIND, owner))

    async def active_name(self, owner: str) -> str:
        """ "" when none is active."""
        found = await self.store.records(ACTIVE_KIND, owner, (ACTIVE_KEY,))
        return found[ACTIVE_KEY].value.decode("utf-8") if found else ""

    async def get(self, owner: str, name: str) -> bytes:
        """Raises NoSuchScript."""
        found = await self.store.records(SCRIPT_KIND, owner, (name,))
        if name not in found:
            raise NoSuchScript(f'there is no script "{name}"')
        return found[name].value

    async def put(self, owner: str, name: str, content: bytes) -> None:
        await self.store.commit(_put(owner, name, content))

    async def activate(self, owner: str, name: str) -> None:
        """Make it the one that is run, "" for none. Raises NoSuchScript."""
        if name:
            await self.get(owner, name)
        await self.store.commit(_activate(owner, name))

    async def delete(self, owner: str, name: str) -> None:
        """Raises NoSuchScript and ScriptIsActive."""
        await self.get(owner, name)
        if await self.active_name(owner) == name:
            raise ScriptIsActive(f'the script "{name}" is active: activate another, or none, first')
        await self.store.commit(DeleteRecords(SCRIPT_KIND, owner, (name,)))

    async def rename(self, owner: str, old: str, new: str) -> None:
        """An active script stays active. Raises NoSuchScript and ScriptExists."""
        content = await self.get(owner, old)
        if new in await self.names(owner):
            raise ScriptExists(f'there is a script "{new}" already')
        changes: list[Change] = [_put(owner, new, content), DeleteRecords(SCRIPT_KIND, owner, (old,))]
        if await self.active_name(owner) == old:
            changes.append(_activate(owner, new))
        await self.store.commit(*changes)


def _put(owner: str, name: str, content: bytes) -> PutRecords:
    return PutRecords(SCRIPT_KIND, owner, (Record(name, content),))


def _activate(owner: str, name: str) -> Change:
    if not name:
        return DeleteRecords(ACTIVE_KIND, owner)
    return PutRecords(ACTIVE_KIND, owner, (Record(ACTIVE_KEY, name.encode("utf-8")),))
