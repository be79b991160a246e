"""The directory of users that live in the host's own store."""

import asyncio
import hmac
import os
import re
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from bundled_server.auth.directory import Answer
from bundled_server.auth.passwords import SALT_OCTETS, Cost, hash_password, is_right, scram_keys
from bundled_server.clock import Clock
from bundled_server.mailbox.changes import Change, DeleteUser, PutUser
from bundled_server.mailbox.store import Store, StoreUnavailable, User
from bundled_server.protocols.sasl import ScramKeys

HASHING_THREADS = 2
LOGIN_REMEMBERED_SECONDS = 300.0
LOGINS_REMEMBERED = 10_000
USERS_REMEMBERED = 50_000
EXTERNAL = "external$"
"""What the secret of a user starts with whose password is not kept here; the name of the back end follows."""

LONGEST_PASSWORD_OCTETS = 1024

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_])?")


class BadUser(ValueError):
    """A user name or password that cannot be; the text says what to change."""


class StoreDirectory:
    """Implements `auth.directory.Directory`, and is the one place where users come and go.

    A right password is remembered for some minutes as an HMAC under a key of this process, so that a mail client
    that opens ten connections pays for one hash.
    """

    def __init__(self, store: Store, clock: Clock, cost: Cost | None = None) -> None:
        self._store = store
        self._clock = clock
        self._cost = cost or Cost()
        self._pool = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="passwords")
        self._key = os.urandom(32)
        self._logins: OrderedDict[bytes, float] = OrderedDict()
        self._users: OrderedDict[str, User] = OrderedDict()
        self._nobody = hash_password("", self._cost)
        self.version = 0
        """How often users came and went."""
        self.has_every_key = True
        self.goes_along: list[Callable[[str], Change]] = []
        """What is to be committed with the removal of a user, besides what the store does by itself."""

    # Directory

    async def exists(self, name: str) -> bool:
        return await self._user(name.lower()) is not None

    async def verify(self, name: str, password: str) -> bool:
        name = name.lower()
        if len(password) > LONGEST_PASSWORD_OCTETS:
            return False
        user = await self._user(name)
        if user is not None and user.secret.startswith(EXTERNAL):
            user = None  # as for an unknown name, a hash is made all the same
        secret = user.secret if user else self._nobody
        mark = self._mark(name, password, secret)
        if user is not None and self._is_remembered(mark):
            return True
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._pool, is_right, password, secret)
        if user is None or not right:
            return False
        self._remember_login(mark)
        if scram_keys(secret) is None:
            await self._renew(name, password)
        return True

    async def scram_keys(self, name: str) -> ScramKeys:
        """See `auth.directory.KeyDirectory`."""
        user = await self._user(name.lower())
        keys = scram_keys(user.secret) if user else None
        if keys is not None:
            return keys
        marks = [
            hmac.digest(self._key, f"{part}\0{name}".encode(), "sha256") for part in ("salt", "stored", "server")
        ]
        return ScramKeys(marks[0][:SALT_OCTETS], self._cost.iterations, marks[1], marks[2])

    # BackEnd

    name = "store"

    async def answer(self, user: str, password: str) -> Answer:
        """UNKNOWN for an external user, too: somebody else knows that password."""
        if await self.verify(user, password):
            return Answer.RIGHT
        return Answer.WRONG if await self.knows(user) else Answer.UNKNOWN

    async def knows(self, user: str) -> bool:
        """Whether the user's password is kept here."""
        found = await self._user(user.lower())
        return found is not None and not found.secret.startswith(EXTERNAL)

    async def external_source(self, user: str) -> str:
        """The back end that brought the user in, "" for one whose password is kept here, or none."""
        found = await self._user(user.lower())
        is_external = found is not None and found.secret.startswith(EXTERNAL)
        return found.secret.removeprefix(EXTERNAL) if found is not None and is_external else ""

    # administration

    async def put_external(self, name: str, back_end: str) -> None:
        """Mailboxes for a user whose password another back end knows. Raises BadUser."""
        name = checked_name(name)
        await self._store.commit(PutUser(name, EXTERNAL + back_end))
        self._forget(name)

    async def names(self) -> list[str]:
        """Everybody, in order."""
        return sorted(user.name for user in await self._store.users())

    async def put(self, name: str, password: str) -> None:
        """Create a user (the store adds the usual mailboxes), or change the password of one. Raises BadUser."""
        name = checked_name(name)
        if not password or len(password) > LONGEST_PASSWORD_OCTETS:
            raise BadUser(f"the password of {name} must have 1 to {LONGEST_PASSWORD_OCTETS} characters")
        loop = asyncio.get_running_loop()
        secret = await loop.run_in_executor(self._pool, hash_password, password, self._cost)
        await self._store.commit(PutUser(name, secret))
        self._forget(name)

    async def remove(self, name: str) -> bool:
        """Remove a user with all mail; false when there was none of that name."""
        name = name.lower()
        if await self._user(name) is None:
            return False
        await self._store.commit(DeleteUser(name), *(change_for(name) for change_for in self.goes_along))
        self._forget(name)
        return True

    def close(self) -> None:
        """Let the hashing threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # helpers

    def _forget(self, name: str) -> None:
        self._users.pop(name, None)
        self.version += 1

    async def _renew(self, name: str, password: str) -> None:
        """An older secret has no SCRAM keys; the moment the password is at hand, it gets them."""
        loop = asyncio.get_running_loop()
        secret = await loop.run_in_executor(self._pool, hash_password, password, self._cost)
        with suppress(StoreUnavailable):
            await self._store.commit(PutUser(name, secret))
            self._users.pop(name, None)

    async def _user(self, name: str) -> User | None:
        known = self._users.get(name)
        if known is not None:
            return known
        user = await self._store.user(name)
        if user is not None:
            self._users[name] = user
            if len(self._users) > USERS_REMEMBERED:
                self._users.popitem(last=False)
        return user

    def _mark(self, name: str, password: str, secret: str) -> bytes:
        text = "\0".join((name, secret, password)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")

    def _is_remembered(self, mark: bytes) -> bool:
        """A clock that was set back must not lengthen the memory."""
        return 0.0 < self._logins.get(mark, 0.0) - self._clock.now() <= LOGIN_REMEMBERED_SECONDS

    def _remember_login(self, mark: bytes) -> None:
        self._logins[mark] = self._clock.now() + LOGIN_REMEMBERED_SECONDS
        self._logins.move_to_end(mark)
        if len(self._logins) > LOGINS_REMEMBERED:
            self._logins.popitem(last=False)


def checked_name(name: str) -> str:
    """The user name in lower case. Raises BadUser."""
    lowered = name.strip().lower()
    if not _NAME.fullmatch(lowered):
        raise BadUser(
            f"{name[:80]!r} is not a user name: use letters, digits, dot, hyphen and underscore, 64 at most"
        )
    return lowered
