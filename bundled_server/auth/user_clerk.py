"""The clerk of the users: who answers for a user's password, and the user's app passwords, as plain values."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from bundled_server.auth.app_passwords import AppPasswords
from bundled_server.auth.store_directory import StoreDirectory


class Somebody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """show: this user."""

    user: str


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """create and revoke: the user's app password of that name."""

    user: str
    name: str


class UserClerk:
    """Implements `admin.control.Clerk` with the verbs show, create and revoke. `who_knows` tells the back end that
    answers now; without it (the host is stopped) it is the one that the user came from."""

    def __init__(
        self,
        users: StoreDirectory,
        app_passwords: AppPasswords,
        who_knows: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        self._users = users
        self._app_passwords = app_passwords
        self._who_knows = who_knows

    async def answer(self, verb: str, wanted: object) -> dict[str, Any]:
        match verb:
            case "show":
                return await self._show(msgspec.convert(wanted, Somebody).user.lower())
            case "create":
                asked = msgspec.convert(wanted, Named)
                user = await self._existing(asked.user)
                return {"name": asked.name.strip(), "password": await self._app_passwords.create(user, asked.name)}
            case "revoke":
                asked = msgspec.convert(wanted, Named)
                user = await self._existing(asked.user)
                if not await self._app_passwords.revoke(user, asked.name):
                    raise LookupError(f"{user} has no app password {asked.name!r}")
                return {"revoked": asked.name}
        raise LookupError(f"nobody here can {verb} a user")

    async def _show(self, user: str) -> dict[str, Any]:
        answers = await self._who_knows(user) if self._who_knows is not None else ""
        has_mailbox = await self._users.exists(user)
        if not has_mailbox and not answers:
            raise LookupError(f"there is no user {user}")
        came_from = await self._users.external_source(user)
        if self._who_knows is None:
            answers = came_from or self._users.name
        return {
            "user": user,
            "answers": answers,
            "has_mailbox": has_mailbox,
            "app_passwords": [
                {"name": one.name, "created": one.created, "used": one.used or None}
                for one in await self._app_passwords.of(user)
            ],
        }

    async def _existing(self, user: str) -> str:
        name = user.lower()
        if not await self._users.exists(name):
            raise LookupError(f"there is no user {user}")
        return name
