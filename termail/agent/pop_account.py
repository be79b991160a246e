"""A POP3 account: its INBOX is filled from the server, everything else about it lives here."""

import asyncio
import contextlib
from typing import Final

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.messages import FolderChanged, FoldersChanged, NewMail, OperationsChanged
from termail.config import Account
from termail.mra.pop.connection import PopConnection, pop_connection
from termail.mra.pop.seen import SeenMessages
from termail.net.endpoint import Endpoint
from termail.net.tls_records import watch_records
from termail.net.trust import client_context
from termail.store.local_store import Arrived, RemoteFolder

BATCH: Final = 20
NEW_MAIL_TOLD: Final = 5
DAY_SECONDS: Final = 86_400.0


class PopAccount(AccountRunner):
    """Operations need no server: they are done where they are made. What is on the server goes when the settings
    `leave_on_server` and `delete_on_server` say so."""

    def __init__(self, name: str, account: Account, around: Surroundings) -> None:
        super().__init__(name, account, around)
        endpoint = account.retrieval
        assert isinstance(endpoint, Endpoint)
        self._endpoint = endpoint
        self._seen = SeenMessages(around.data, name)

    async def session(self) -> None:
        """Fetch, then wait for the next time."""
        while True:
            await self.run_once()
            self.sync_finished()
            self.office.state(self.name, "idle", "up to date")
            next_check = self.clock() + self.account.check_minutes * 60.0
            while self.clock() < next_check and not self.wants_sync:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(next_check - self.clock(), 0.05)):
                        await self.wake.wait()
                self.wake.clear()
                self._finish_operations()
                self.refuse_bodies("the message is not held here")

    async def run_once(self) -> None:
        """One connection: everything new."""
        self.wants_sync = False
        inbox = self._inbox()
        self._finish_operations()
        password = await self.passwords.password(self.name, self.account)
        self.office.state(self.name, "syncing", "fetching mail")
        tap = self.office.tap(self.name, "pop3", str(self._endpoint))
        async with pop_connection(
            self._endpoint,
            lambda: watch_records(client_context(self.account.ca, pins=self.account.pins), tap),
            password,
            tap,
            is_token=bool(self.account.token_command),
        ) as connection:
            self.online.set()
            await self._fetch(connection, inbox)

    async def replay_once(self) -> None:
        """They end here."""
        self._finish_operations()

    async def _fetch(self, connection: PopConnection, inbox: int) -> None:
        on_server = await connection.unique_ids()
        now = self.clock()
        seen = dict.fromkeys(self.store.uidls(inbox), now) | self._seen.load(now)
        wanted = {number: unique for unique, number in on_server.items() if unique not in seen}
        kept = {unique: moment for unique, moment in seen.items() if unique in on_server}
        numbers = sorted(wanted)
        for start in range(0, len(numbers), BATCH):
            batch = numbers[start : start + BATCH]
            gathered = [self._arrived(wanted[number], raw) async for number, raw in connection.retrieve(batch)]
            ids = await asyncio.to_thread(self.store.add_messages, inbox, gathered)
            kept |= {message.uidl: now for message in gathered}
            await asyncio.to_thread(self._seen.save, kept)
            self._tell(inbox, ids)
        await asyncio.to_thread(self._seen.save, kept)
        for number in sorted(on_server[unique] for unique in self._over(kept, now)):
            await connection.delete(number)

    def _over(self, kept: dict[str, float], now: float) -> list[str]:
        """What need not stay on the server: what was here long enough, and what the user expunged here."""
        oldest = now - self.account.days_on_server * DAY_SECONDS
        expunged = self.store.expunged_uidls(self.name) if self.account.delete_on_server else set()
        return [unique for unique, moment in kept.items() if moment <= oldest or unique in expunged]

    def _arrived(self, unique: str, raw: bytes) -> Arrived:
        header, _, _ = raw.partition(b"\r\n\r\n")
        return Arrived(
            uid=0,
            flags=frozenset(),
            internal_date=self.clock(),
            size_octets=len(raw),
            header=header + b"\r\n",
            raw=raw,
            uidl=unique,
        )

    def _tell(self, inbox: int, ids: list[int]) -> None:
        self.office.tell(FolderChanged(folder_id=inbox))
        self.office.tell(FoldersChanged())
        for row in self.store.rows(ids[-NEW_MAIL_TOLD:]):
            self.office.tell(
                NewMail(folder_id=inbox, sender=row.sender_name or row.sender_address, subject=row.subject)
            )

    def _inbox(self) -> int:
        """Made when it is not there; the account's other folders stay."""
        inbox = self.store.folder_with_role(self.name, "inbox")
        if inbox is None:
            self.store.put_folders(self.name, [RemoteFolder(name="INBOX", role="inbox")])
            self.office.tell(FoldersChanged())
            inbox = self.store.folder_with_role(self.name, "inbox")
            assert inbox is not None
        return inbox.folder_id

    def _finish_operations(self) -> None:
        """There is no server to replay them to."""
        done = False
        while operations := self.store.claim_operations(self.name, self.clock()):
            for operation in operations:
                self.store.complete_operation(operation.operation_id)
            done = True
        if done:
            self.office.tell(OperationsChanged())
