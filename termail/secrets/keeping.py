"""Putting a password away: into the keyring, else into the encrypted file; asked for, never an argument."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from termail.config import Account
from termail.secrets.errors import Declined
from termail.secrets.keyring_source import put_into_keyring
from termail.secrets.passwords import PASSPHRASE_PROMPT, Ask, user_of
from termail.secrets.vault import Vault

IN_KEYRING: Final = "the keyring"
Put = Callable[[str, str, str], Awaitable[bool]]


async def keep_password(name: str, account: Account, config: Path, ask: Ask, put: Put = put_into_keyring) -> str:
    """Ask for the password (twice, typing is blind) and keep it → where. Raises Declined, WrongPassphrase,
    OSError."""
    user = user_of(account)
    secret = await _twice(ask, name, f"Password of {user}")
    if await put(name, user, secret):
        return IN_KEYRING
    vault = Vault(config)
    if vault.exists():
        passphrase = await ask(name, PASSPHRASE_PROMPT)
        if not passphrase:
            raise Declined("no passphrase, nothing kept")
        entries = await asyncio.to_thread(vault.open, passphrase)
    else:
        passphrase = await _twice(ask, name, f"New p{PASSPHRASE_PROMPT[1:]}")
        entries = {}
    await asyncio.to_thread(vault.seal, passphrase, entries | {name: secret})
    return str(vault.path)


async def _twice(ask: Ask, name: str, prompt: str) -> str:
    first = await ask(name, prompt)
    if not first:
        raise Declined("nothing typed, nothing kept")
    if await ask(name, f"{prompt}, once more") != first:
        raise Declined("the two differ, nothing kept")
    return first
