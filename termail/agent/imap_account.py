"""An IMAP account: one connection for work, one IDLE connection for each folder that is watched."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from functools import partial

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.folder_watch import FolderWatch
from termail.agent.imap_desk import ImapDesk
from termail.agent.imap_work import ImapWork
from termail.config import Account
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.limits import DEFAULT, Limits
from termail.mra.imap.login import Credentials
from termail.mra.imap.opening import imap_connection
from termail.net.endpoint import Endpoint
from termail.net.tls_records import watch_records
from termail.net.trust import client_context


class ImapAccount(AccountRunner):
    """See the module. `run_once` is the same work without waiting for more."""

    def __init__(self, name: str, account: Account, around: Surroundings, limits: Limits = DEFAULT) -> None:
        super().__init__(name, account, around)
        endpoint = account.retrieval
        assert isinstance(endpoint, Endpoint)
        self._endpoint = endpoint
        self._limits = limits
        self._desk = ImapDesk()
        self._open: set[ImapConnection] = set()

    def woke_up(self) -> None:
        """The servers have forgotten these connections, and would not even say so."""
        super().woke_up()
        for connection in list(self._open):
            connection.drop("the computer slept")

    def search_there(self, folder_id: int, criteria: str) -> None:
        """When the connection has nothing more urgent to do; only the latest wish counts."""
        self._desk.wished_search = (folder_id, criteria)
        self.wake.set()

    async def run(self) -> None:
        """The work and the watching, each with failures of its own."""
        async with asyncio.TaskGroup() as group:
            group.create_task(super().run())
            chosen_ones: list[Callable[[], int]] = [self._inbox_id, self._other_open_folder_id]
            chosen_ones += [partial(self._watched_id, name) for name in self.account.watch]
            for chosen in chosen_ones:
                group.create_task(FolderWatch(self, self._desk, self._connection, chosen, self._limits).run())

    async def session(self) -> None:
        """Work until the connection fails."""
        async with self._connection() as connection:
            work = ImapWork(self, self._desk, connection)
            await work.begin()
            self.online.set()
            while True:
                await work.everything()
                self.sync_finished()
                self.office.state(self.name, "idle", "up to date")
                await self._wait()

    async def run_once(self) -> None:
        """Operations, all folders, recent bodies; then leave. Raises what a session raises."""
        async with self._connection() as connection:
            work = ImapWork(self, self._desk, connection)
            await work.begin()
            await work.everything()

    async def replay_once(self) -> None:
        """Operations alone; then leave."""
        async with self._connection() as connection:
            await ImapWork(self, self._desk, connection).operations()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[ImapConnection]:
        """A new connection, logged in."""
        password = await self.passwords.password(self.name, self.account)
        tap = self.office.tap(self.name, "imap", str(self._endpoint))
        async with imap_connection(
            self._endpoint,
            lambda: watch_records(client_context(self.account.ca, pins=self.account.pins), tap),
            Credentials(self._endpoint.user, password, bool(self.account.token_command)),
            self._limits,
            tap,
            environment="web" if "web_driver" in os.environ.get("TEXTUAL_DRIVER", "") else "",
        ) as connection:
            self._open.add(connection)
            try:
                yield connection
            finally:
                self._open.discard(connection)

    async def _wait(self) -> None:
        """Until somebody wants something, an operation is due, or it is time to look at all folders again."""
        now = self.clock()
        due = min([self._desk.next_check, *self._operations_due()])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(due - now, 0.05)):
                await self.wake.wait()
        self.wake.clear()
        if self.clock() >= self._desk.next_check:
            self.wants_sync = True

    def _operations_due(self) -> list[float]:
        return [
            entry.next_try
            for entry in self.store.operations()
            if entry.account == self.name and entry.state == "pending" and entry.next_try > 0
        ]

    def _inbox_id(self) -> int:
        inbox = self.store.folder_with_role(self.name, "inbox")
        return inbox.folder_id if inbox is not None else 0

    def _other_open_folder_id(self) -> int:
        is_watched = self.open_folder_id in (self._inbox_id(), *map(self._watched_id, self.account.watch))
        return 0 if is_watched else self.open_folder_id

    def _watched_id(self, name: str) -> int:
        folder = self.store.folder_named(self.name, name)
        return folder.folder_id if folder is not None else 0
