"""The secret of an account, from the first source that has it: command, keyring, encrypted file, the user."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

from termail.config import Account
from termail.net.endpoint import Endpoint
from termail.secrets.command import from_command
from termail.secrets.errors import Declined, NoPassword
from termail.secrets.keyring_source import from_keyring
from termail.secrets.vault import Vault, WrongPassphrase

Ask = Callable[[str, str], Awaitable[str]]
"""(account, prompt) → what the user typed, "" when declined."""

PASSPHRASE_PROMPT: Final = "Passphrase of the password file"
PASSPHRASE_VARIABLE: Final = "TERMAIL_PASSPHRASE_COMMAND"
"""Names a command that prints it, for machines where nobody sits (systemd-creds, say)."""


class PasswordSource(Protocol):
    """What the agents need of this room."""

    async def password(self, name: str, account: Account) -> str:
        """Raises NoPassword."""
        ...

    def forget(self, name: str) -> None:
        """The server refused it: the next call asks the sources again."""
        ...


async def nobody_to_ask(account: str, prompt: str) -> str:
    """For commands without a terminal."""
    return ""


class Passwords:
    """Remembers what it found in memory, for one process and no longer."""

    def __init__(self, config: Path, ask: Ask = nobody_to_ask) -> None:
        self._vault = Vault(config)
        self._ask = ask
        self._known: dict[str, str] = {}
        self._opened: dict[str, str] | None = None
        self._locks: dict[str, asyncio.Lock] = {}
        self._vault_lock = asyncio.Lock()

    async def password(self, name: str, account: Account) -> str:
        """One question at a time for each account; a token is asked for each time, as it lasts an hour or less.
        Raises NoPassword."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            if account.token_command:
                return await from_command(account.token_command, key="token_command")
            if name not in self._known:
                self._known[name] = await self._find(name, account)
            return self._known[name]

    def forget(self, name: str) -> None:
        """The server refused it."""
        self._known.pop(name, None)
        if self._opened is not None:
            self._opened.pop(name, None)

    async def _find(self, name: str, account: Account) -> str:
        if account.password_command:
            return await from_command(account.password_command)
        user = user_of(account)
        found = await from_keyring(name, user)
        if found:
            return found
        found = await self._from_vault(name)
        if found:
            return found
        answer = await self._ask(name, f"Password of {user} ({name})")
        if not answer:
            raise Declined(
                f"no password for {name}: set password_command, or keep it by `termail account password {name}`,"
                " or type it when asked"
            )
        return answer

    async def _from_vault(self, name: str) -> str | None:
        if not self._vault.exists():
            return None
        async with self._vault_lock:
            if self._opened is None:
                command = os.environ.get(PASSPHRASE_VARIABLE, "")
                passphrase = await (from_command(command) if command else self._ask(name, PASSPHRASE_PROMPT))
                if not passphrase:
                    return None
                try:
                    self._opened = await asyncio.to_thread(self._vault.open, passphrase)
                except (WrongPassphrase, OSError) as error:
                    raise NoPassword(str(error)) from error
        return self._opened.get(name)


def user_of(account: Account) -> str:
    """The name the server knows the user by."""
    for place in (account.retrieval, account.submission):
        if isinstance(place, Endpoint) and place.user:
            return place.user
    return account.address
