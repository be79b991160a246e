"""The clerk of the scripts: what an administrator asks about users' Sieve scripts, answered as plain values."""

from typing import Any

import msgspec

from bundled_server.config import SieveLimits
from bundled_server.mailbox.scripts import NoSuchScript, ScriptIsActive, ScriptShelf
from bundled_server.mailbox.store import Store
from bundled_server.sieve.compiling import compiled


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """list."""

    user: str


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """get, delete; activate, with the name "" for none."""

    user: str
    name: str


class NewScript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """put."""

    user: str
    name: str
    text: str


class ScriptClerk:
    """Implements `admin.control.Clerk` with the verbs list, get, put, activate and delete."""

    def __init__(self, store: Store, limits: SieveLimits) -> None:
        self._store = store
        self._shelf = ScriptShelf(store)
        self._limits = limits

    async def answer(self, verb: str, wanted: object) -> dict[str, Any]:
        try:
            match verb:
                case "list":
                    return await self._list(msgspec.convert(wanted, Whose))
                case "get":
                    return await self._get(msgspec.convert(wanted, Which))
                case "put":
                    return await self._put(msgspec.convert(wanted, NewScript))
                case "activate":
                    return await self._activate(msgspec.convert(wanted, Which))
                case "delete":
                    return await self._delete(msgspec.convert(wanted, Which))
        except NoSuchScript as missing:
            raise LookupError(str(missing)) from missing
        except ScriptIsActive as active:
            raise ValueError(str(active)) from active
        raise LookupError(f"the clerk of the scripts knows no {verb}")

    async def _list(self, wanted: Whose) -> dict[str, Any]:
        user = await self._user(wanted.user)
        active = await self._shelf.active_name(user)
        return {"scripts": await self._shelf.names(user), "active": active}

    async def _get(self, wanted: Which) -> dict[str, Any]:
        content = await self._shelf.get(await self._user(wanted.user), wanted.name)
        return {"name": wanted.name, "text": content.decode("utf-8", "replace")}

    async def _put(self, wanted: NewScript) -> dict[str, Any]:
        user, content = await self._user(wanted.user), wanted.text.encode("utf-8")
        if not wanted.name.isprintable() or "/" in wanted.name or not wanted.name:
            raise ValueError("a script's name has printable characters and no slash")
        compiled(content, self._limits)
        await self._shelf.put(user, wanted.name, content)
        return {"done": True}

    async def _activate(self, wanted: Which) -> dict[str, Any]:
        await self._shelf.activate(await self._user(wanted.user), wanted.name)
        return {"done": True}

    async def _delete(self, wanted: Which) -> dict[str, Any]:
        await self._shelf.delete(await self._user(wanted.user), wanted.name)
        return {"done": True}

    async def _user(self, name: str) -> str:
        user = await self._store.user(name.lower())
        if user is None:
            raise LookupError(f"there is no user {name}")
        return user.name
