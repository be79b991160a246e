"""Errands to the server that keeps an account's Sieve scripts, one after the other."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

from termail.agent.messages import AskScripts, ScriptsAnswered
from termail.agent.office import Office
from termail.config import Account
from termail.mra.managesieve.connection import ScriptsConnection, scripts_connection
from termail.mra.managesieve.errors import ScriptsError, ScriptsGone, ScriptsRefused
from termail.net.tls_records import watch_records
from termail.net.trust import CannotTrust, client_context
from termail.net.wire import Tap, no_tap
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import PasswordSource

MOST_WAITING: Final = 32


async def run_errand(
    wish: AskScripts, account: Account, passwords: PasswordSource, tap: Tap = no_tap
) -> ScriptsAnswered:
    """Connect, do it, and list what is there afterwards. Raises ScriptsError, NoPassword, CannotTrust."""
    endpoint = account.script_server
    if endpoint is None:
        raise ScriptsGone("mail of this account is no server's: there are no scripts to sort it")
    secret = await passwords.password(wish.account, account)
    is_token = bool(account.token_command)

    def context() -> ssl.SSLContext:
        return watch_records(client_context(account.ca, pins=account.pins), tap)

    try:
        async with scripts_connection(endpoint, context, secret, tap, is_token=is_token) as connection:
            text = await _done(wish, connection)
            listed = await connection.list_scripts()
    except ScriptsRefused as refused:
        if refused.code == "LOGIN":
            passwords.forget(wish.account)
        raise
    return ScriptsAnswered(request=wish.request, names=listed.names, active=listed.active, text=text)


async def _done(wish: AskScripts, connection: ScriptsConnection) -> str:
    """What the verb brings: the script for get, else ""."""
    match wish.verb:
        case "get":
            return await connection.get(wish.name)
        case "put":
            await connection.put(wish.name, wish.text)
        case "check":
            await connection.check(wish.text)
        case "activate":
            await connection.activate(wish.name)
        case "delete":
            await connection.delete(wish.name)
        case "rename":
            await connection.rename(wish.name, wish.text)
        case "list":
            pass
        case verb:
            raise ScriptsRefused(f"nobody knows how to {verb} a script")
    return ""


class ScriptErrands:
    """The agent's clerk for scripts; `run` lives as long as the agent."""

    def __init__(self, accounts: Mapping[str, Account], passwords: PasswordSource, office: Office) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._office = office
        self._waiting: asyncio.Queue[AskScripts] = asyncio.Queue()

    def take(self, wish: AskScripts) -> None:
        """It is answered to every UI, by its number."""
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put_nowait(wish)
        else:
            self._refuse(wish, "too much is asked at once")

    async def run(self) -> None:
        """One errand after the other, for ever."""
        while True:
            wish = await self._waiting.get()
            account = self._accounts.get(wish.account)
            if account is None:
                self._refuse(wish, f"there is no account {wish.account}")
                continue
            tap = self._office.tap(wish.account, "managesieve", str(account.script_server or ""))
            try:
                self._office.tell(await run_errand(wish, account, self._passwords, tap))
            except (ScriptsError, NoPassword, CannotTrust) as error:
                self._refuse(wish, str(error))

    def _refuse(self, wish: AskScripts, reason: str) -> None:
        self._office.tell(ScriptsAnswered(request=wish.request, error=reason))
