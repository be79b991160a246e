"""App passwords: named passwords for one program each, made here, shown once, taken back one by one."""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from bundled_server.mailbox.records import DeleteRecords, PutRecords, Record
from bundled_server.mailbox.store import Store, StoreUnavailable

KIND = "app-password"
USES = "app-password-use"
OWNERS = "app-password-owner"
EVERYBODY = ""
MOST_OF_ONE_USER = 50
USE_NOTED_SECONDS = 60.0
SALT_OCTETS = 16

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_GROUPS, _GROUP = 5, 4
_FORM = re.compile(rf"[{_LETTERS}]{{{_GROUP}}}(?:-?[{_LETTERS}]{{{_GROUP}}}){{{_GROUPS - 1}}}")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,60}")


class BadAppPassword(ValueError):
    """An app password of that name cannot be made; the text says why."""


class _Kept(msgspec.Struct, frozen=True):
    """What the store keeps: 99 bits of chance need no slow hash."""

    salt: bytes
    digest: bytes
    created: float


@dataclass(frozen=True, slots=True)
class AppPassword:
    """One of a user's app passwords; `used` is 0 for one that never was. Times in epoch seconds, to the minute."""

    name: str
    created: float
    used: float


class AppPasswords:
    """The app passwords of one host. `exist` tells without a look into the store whether there is any at all."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._owners: set[str] = set()
        self._noted: dict[tuple[str, str], float] = {}

    async def load(self) -> None:
        """Learn who has any."""
        self._owners = set(await self._store.records(OWNERS, EVERYBODY))

    @property
    def exist(self) -> bool:
        return bool(self._owners)

    async def create(self, user: str, name: str) -> str:
        """A new one → the password, which nobody can read again. Raises BadAppPassword."""
        name = name.strip()
        if not _NAME.fullmatch(name):
            raise BadAppPassword("the name of an app password is 1 to 60 letters, such as 'phone'")
        kept = await self._store.records(KIND, user)
        if name in kept:
            raise BadAppPassword(f"{user} has an app password {name!r}: revoke it first, or choose another name")
        if len(kept) >= MOST_OF_ONE_USER:
            raise BadAppPassword(f"{user} has {MOST_OF_ONE_USER} app passwords: revoke some first")
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        password = "-".join(groups)
        salt = os.urandom(SALT_OCTETS)
        value = msgspec.json.encode(_Kept(salt, _digest(salt, password), self._now()))
        await self._store.commit(
            PutRecords(KIND, user, (Record(name, value),)), PutRecords(OWNERS, EVERYBODY, (Record(user),))
        )
        self._owners.add(user)
        return password

    async def revoke(self, user: str, name: str) -> bool:
        """Take one back; false when there is none of that name."""
        kept = await self._store.records(KIND, user)
        if name not in kept:
            return False
        changes = [DeleteRecords(KIND, user, (name,)), DeleteRecords(USES, user, (name,))]
        if len(kept) == 1:
            changes.append(DeleteRecords(OWNERS, EVERYBODY, (user,)))
            self._owners.discard(user)
        await self._store.commit(*changes)
        self._noted.pop((user, name), None)
        return True

    def go_with(self, user: str) -> DeleteRecords:
        """The user is removed, and the store takes the passwords along: this takes the name off who has any."""
        self._owners.discard(user)
        return DeleteRecords(OWNERS, EVERYBODY, (user,))

    async def of(self, user: str) -> list[AppPassword]:
        """All of a user's, by name."""
        uses = await self._store.records(USES, user)
        found = []
        for name, record in sorted((await self._store.records(KIND, user)).items()):
            used = float(uses[name].value) if name in uses else 0.0
            found.append(AppPassword(name, msgspec.json.decode(record.value, type=_Kept).created, used))
        return found

    async def verify(self, user: str, password: str) -> str:
        """The name of the app password that this is, "" when it is none. Its use is noted."""
        if user not in self._owners or not _FORM.fullmatch(password):
            return ""
        found = ""
        for name, record in (await self._store.records(KIND, user)).items():
            kept = msgspec.json.decode(record.value, type=_Kept)
            if hmac.compare_digest(_digest(kept.salt, password), kept.digest):
                found = name
        if found:
            await self._note_use(user, found)
        return found

    async def _note_use(self, user: str, name: str) -> None:
        """Once a minute at most: a program that logs in all the time writes no more than that."""
        now = self._now()
        if now - self._noted.get((user, name), float("-inf")) >= USE_NOTED_SECONDS:
            self._noted[(user, name)] = now
            with suppress(StoreUnavailable):  # a full disk must not keep anybody from reading mail
                await self._store.commit(PutRecords(USES, user, (Record(name, str(now).encode()),)))


def _digest(salt: bytes, password: str) -> bytes:
    return hashlib.sha256(salt + password.replace("-", "").encode("utf-8", "surrogatepass")).digest()
