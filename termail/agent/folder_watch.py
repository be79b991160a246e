"""Watching one folder on a connection of its own: IDLE, or asking now and then where there is none."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from termail.agent.account import AccountRunner
from termail.agent.imap_desk import ImapDesk
from termail.mra.errors import RetrievalError
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.limits import Limits
from termail.net.trust import CannotTrust
from termail.secrets.errors import NoPassword

POLL_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 60.0


class FolderWatch:
    """`chosen` says which folder, 0 for none; news mark it dirty and wake the work."""

    def __init__(
        self,
        runner: AccountRunner,
        desk: ImapDesk,
        connect: Callable[[], AbstractAsyncContextManager[ImapConnection]],
        chosen: Callable[[], int],
        limits: Limits,
    ) -> None:
        self._runner = runner
        self._desk = desk
        self._connect = connect
        self._chosen = chosen
        self._limits = limits
        self._attention = asyncio.Event()
        runner.attention.append(self._attention)

    async def run(self) -> None:
        """For ever. What goes wrong here is tried again quietly: the work says what is wrong with the account."""
        while True:
            await self._runner.online.wait()
            self._attention.clear()
            if not self._chosen():
                await self._attention.wait()
                continue
            try:
                await self._watch()
            except (RetrievalError, OSError, NoPassword, CannotTrust):
                await asyncio.sleep(RETRY_SECONDS)

    async def _watch(self) -> None:
        """As long as a folder is chosen and the account is online."""
        async with self._connect() as connection:
            while (folder_id := self._chosen()) and self._runner.online.is_set():
                folder = self._store_folder(folder_id)
                if folder is None:
                    return
                exists = (await connection.select(folder)).exists
                self._news(folder_id)
                while self._chosen() == folder_id and self._runner.online.is_set():
                    if await self._news_came(connection, exists):
                        self._news(folder_id)
                    exists = connection.selected.exists if connection.selected is not None else 0

    async def _news_came(self, connection: ImapConnection, exists: int) -> bool:
        if not connection.offers("IDLE"):
            await asyncio.sleep(POLL_SECONDS)
            await connection.noop()
            return connection.selected is not None and connection.selected.exists != exists
        self._attention.clear()
        idling = asyncio.ensure_future(connection.idle(self._limits.idle_seconds))
        looking = asyncio.ensure_future(self._attention.wait())
        try:
            await asyncio.wait({idling, looking}, return_when=asyncio.FIRST_COMPLETED)
            return idling.result() if idling.done() else False
        finally:
            looking.cancel()
            idling.cancel()
            with contextlib.suppress(asyncio.CancelledError, RetrievalError):
                await idling

    def _news(self, folder_id: int) -> None:
        self._desk.mark(folder_id)
        self._runner.wake.set()

    def _store_folder(self, folder_id: int) -> bytes | None:
        folder = self._runner.store.folder(folder_id)
        if folder is None or folder.account != self._runner.name or folder.name not in self._desk.mailboxes:
            return None
        return self._desk.mailboxes.wire_name(folder.name)
