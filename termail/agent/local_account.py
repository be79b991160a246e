"""An account whose mail lies on this machine: a Maildir opened in place, an mbox opened read-only."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.messages import BodyArrived, FolderChanged, FoldersChanged, OperationsChanged
from termail.config import Account
from termail.model.actions import SetFlags
from termail.mra.local.maildir_sync import CannotDo, MaildirSync
from termail.mra.local.mbox import Mbox
from termail.mra.local.numbers import Numbers
from termail.net.endpoint import LocalPlace
from termail.store.local_store import Arrived, Operation, RemoteFolder

LOOK_SECONDS: Final = 5.0
BATCH: Final = 100


class LocalAccount(AccountRunner):
    """Looks at the files every few seconds while the agent runs."""

    def __init__(self, name: str, account: Account, around: Surroundings) -> None:
        super().__init__(name, account, around)
        place = account.retrieval
        assert isinstance(place, LocalPlace)
        self._path = Path(place.path).expanduser()
        self._numbers = Numbers(around.data, name)
        is_maildir = place.kind == "maildir"
        self._maildir = MaildirSync(name, self._path, self.store, self._numbers) if is_maildir else None
        self._seen: tuple[int, ...] = ()

    async def session(self) -> None:
        """Read what is there, then look for changes."""
        while True:
            await self.run_once()
            self.online.set()
            self.sync_finished()
            self.office.state(self.name, "idle", "up to date")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.wake.wait()
            self.wake.clear()

    async def run_once(self) -> None:
        """Actions first, then everything that changed. Raises OSError."""
        self.wants_sync = False
        if self._maildir is None:
            await self._read_mbox()
            return
        folders = await asyncio.to_thread(self._maildir.folders)
        await self._operations()
        for message_id in list(self.wanted_bodies):
            error = await asyncio.to_thread(self._maildir.bring, message_id)
            self.wanted_bodies.pop(message_id, None)
            self.office.tell(BodyArrived(message_id=message_id, error=error))
        fingerprint = await asyncio.to_thread(self._maildir.fingerprint)
        if fingerprint == self._seen:
            return
        self.office.state(self.name, "syncing", f"reading {self._path}")
        for folder in folders:
            steps = self._maildir.sync(folder, self.account.keep_messages)
            while (changed := await asyncio.to_thread(next, steps, None)) is not None:
                if changed:
                    self._tell(folder.folder_id)
        self._seen = fingerprint

    async def replay_once(self) -> None:
        """Written into the files at once. Raises OSError."""
        if self._maildir is not None:
            await asyncio.to_thread(self._maildir.folders)
        await self._operations()

    async def _operations(self) -> None:
        while operations := self.store.claim_operations(self.name, self.clock()):
            for operation in operations:
                await self._replay(operation)
            self.office.tell(OperationsChanged())

    async def _replay(self, operation: Operation) -> None:
        try:
            if self._maildir is not None:
                await asyncio.to_thread(self._maildir.replay, operation)
            elif not isinstance(operation.action, SetFlags):  # flags of an mbox live here alone
                raise CannotDo("an mbox is opened read-only")
        except (CannotDo, OSError) as error:
            self.store.fail_operation(operation.operation_id, str(error))
            self.office.tell(FoldersChanged())
        else:
            self.store.complete_operation(operation.operation_id)

    async def _read_mbox(self) -> None:
        folders = self.store.put_folders(self.name, [RemoteFolder(name="INBOX", role="inbox")])
        inbox = folders[0].folder_id
        await self._operations()
        self.refuse_bodies("the message is no longer there")
        status = await asyncio.to_thread(self._path.stat)
        fingerprint = (status.st_size, status.st_mtime_ns)
        if fingerprint == self._seen:
            return
        self.office.state(self.name, "syncing", f"reading {self._path}")
        await asyncio.to_thread(self._take_mbox, inbox)
        self._seen = fingerprint
        self._tell(inbox)

    def _take_mbox(self, inbox: int) -> None:
        known = set(self.store.uids(inbox))
        there: set[str] = set()
        batch: list[Arrived] = []
        for unique, flags, raw in Mbox(self._path).messages():
            there.add(unique)
            uid = self._numbers.uid("INBOX", unique)
            if uid in known:
                continue
            header = raw.partition(b"\n\n")[0] + b"\n"
            batch.append(
                Arrived(uid=uid, flags=flags, internal_date=0.0, size_octets=len(raw), header=header, raw=raw)
            )
            if len(batch) >= BATCH:
                self.store.add_messages(inbox, batch)
                batch = []
        self.store.add_messages(inbox, batch)
        gone = [uid for uid in known if self._numbers.unique("INBOX", uid) not in there]
        self.store.remove_uids(inbox, gone)
        self._numbers.keep("INBOX", there)
        self._numbers.save()

    def _tell(self, folder_id: int) -> None:
        self.office.tell(FolderChanged(folder_id=folder_id))
        self.office.tell(FoldersChanged())
