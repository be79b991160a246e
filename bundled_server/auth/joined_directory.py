"""The directory that asks several back ends in order, app passwords first, and gives external users a mailbox."""

from collections.abc import Sequence

from bundled_server.auth.app_passwords import AppPasswords
from bundled_server.auth.directory import Answer, BackEnd
from bundled_server.auth.store_directory import BadUser, StoreDirectory, checked_name
from bundled_server.protocols.sasl import ScramKeys

APP_PASSWORDS = "app password"


class JoinedDirectory:
    """Implements `auth.directory.Directory` and `KeyDirectory`.

    The first back end that knows the name decides, right or wrong; one that does not answer ends the search, so
    that nobody gets in by an older password of a later back end while an earlier one is away. An external user has
    mailboxes here from the first login, or the first mail, on; from then on mail is taken without asking anybody.
    """

    def __init__(self, users: StoreDirectory, back_ends: Sequence[BackEnd], app_passwords: AppPasswords) -> None:
        self._users = users
        self._back_ends = tuple(back_ends)
        self._app_passwords = app_passwords

    @property
    def has_every_key(self) -> bool:
        """SCRAM proves the one password whose keys are here: not an app password, and no external one."""
        return not self._app_passwords.exist and all(one is self._users for one in self._back_ends)

    async def exists(self, name: str) -> bool:
        """Raises DirectoryUnavailable when only a server that is away could know."""
        name = name.lower()
        if await self._users.exists(name):
            return True
        for back_end in self._externals:
            if is_user_name(name) and await back_end.knows(name):
                await self.take_in(name, back_end.name)
                return True
        return False

    async def verify(self, name: str, password: str) -> bool:
        return bool(await self.who_admits(name, password))

    async def who_admits(self, name: str, password: str) -> str:
        """The back end that says the password is right, "" when it is not."""
        name = name.lower()
        if await self._app_passwords.verify(name, password):
            return APP_PASSWORDS
        for back_end in self._back_ends:
            if back_end is not self._users and not is_user_name(name):
                continue
            answer = await back_end.answer(name, password)
            if answer is Answer.RIGHT:
                if back_end is not self._users:
                    await self.take_in(name, back_end.name)
                return back_end.name
            if answer is Answer.WRONG:
                return ""
        return ""

    async def who_knows(self, name: str) -> str:
        """The back end that would be asked for this user's password, "" when nobody knows the name."""
        name = name.lower()
        for back_end in self._back_ends:
            if await back_end.knows(name):
                return back_end.name
        return ""

    async def take_in(self, name: str, back_end: str) -> None:
        """Give an external user mailboxes here. Raises BadUser, and StoreUnavailable."""
        if not await self._users.exists(name):
            await self._users.put_external(name, back_end)

    async def scram_keys(self, name: str) -> ScramKeys:
        return await self._users.scram_keys(name)

    def close(self) -> None:
        """Let every back end end its threads."""
        for back_end in self._back_ends:
            back_end.close()

    @property
    def _externals(self) -> tuple[BackEnd, ...]:
        return tuple(one for one in self._back_ends if one is not self._users)


def is_user_name(name: str) -> bool:
    """Whether a user may be called so; what else a client types is asked of no server."""
    try:
        return checked_name(name) == name
    except BadUser:
        return False
