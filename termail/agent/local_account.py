"""An account whose mail lies on this machine: a Maildir opened in place, an mbox opened read-only."""

import asyncio
import contextlib
import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from termail.agent import messages
from termail.agent.account import AccountRunner, Surroundings
from termail.agent.messages import BodyArrived, FolderChanged, FoldersChanged, OperationsChanged
from termail.config import Account
from termail.model.actions import SetFlags
from termail.model.folder import Folder
from termail.mra.local.maildir_sync import CannotDo, MaildirSync
from termail.mra.local.mbox import Mbox
from termail.mra.local.numbers import Numbers
from termail.net.endpoint import LocalPlace
from termail.store.local_store import Arrived, Operation, RemoteFolder

LOOK_SECONDS: Final = 5.0
BATCH: Final = 100
TELL_SECONDS: Final = 0.5
TEXT_NICENESS: Final = 15


def _give_way() -> None:
    """Whoever else wants the processor has it first; on Linux a thread has a niceness of its own."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), TEXT_NICENESS)


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
        self._reader = ThreadPoolExecutor(1, initializer=_give_way)
        self._seen: tuple[int, ...] = ()

    async def session(self) -> None:
        """Read what is there, then look for changes."""
        while True:
            await self._look()
            self.online.set()
            self.sync_finished()
            self.office.state(self.name, "idle", "up to date")
            next_look = asyncio.get_running_loop().time() + LOOK_SECONDS
            await self._read_on(next_look)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_look):
                    await self.wake.wait()
            self.wake.clear()

    async def run_once(self) -> None:
        """Everything, searchable text too. Raises OSError."""
        await self._look()
        await self._read_on()

    async def _read_on(self, deadline: float = math.inf) -> None:
        """Texts for the search, until something more urgent comes. A batch is never left running: nothing else
        touches the files meanwhile."""
        if self._maildir is None:
            return
        loop = asyncio.get_running_loop()
        while not self.wake.is_set() and loop.time() < deadline:
            if not await loop.run_in_executor(self._reader, self._maildir.bring_texts):
                return

    async def _look(self) -> None:
        """Actions first, then everything that changed. Raises OSError."""
        self.wants_sync = False
        if self._maildir is None:
            await self._read_mbox()
            return
        folders = await asyncio.to_thread(self._maildir.folders)
        await self._urgent(self._maildir)
        fingerprint = await asyncio.to_thread(self._maildir.fingerprint)
        if fingerprint == self._seen:
            return
        self.office.state(self.name, "syncing", f"reading {self._path}")
        for folder in sorted(folders, key=lambda entry: entry.folder_id != self.open_folder_id):
            if self._maildir.holds(folder):
                await self._sync(self._maildir, folder)
        self._seen = fingerprint

    async def _sync(self, maildir: MaildirSync, folder: Folder) -> None:
        """The first screenful is told at once, the rest now and then: who listens reads the whole list anew."""
        steps = maildir.sync(folder)
        told, gap = 0.0, 0.0
        untold = False
        while (step := await asyncio.to_thread(next, steps, None)) is not None:
            await self._urgent(maildir)
            untold = untold or step.changed
            if untold and self.clock() - told >= gap:
                self._tell(folder.folder_id)
                told, untold = self.clock(), False
                gap = min(gap + TELL_SECONDS, 8 * TELL_SECONDS)
            if step.missing:
                text = f"reading {folder.name}, {step.missing:,} older messages to come"
                self.office.state(self.name, "syncing", text)
        if untold:
            self._tell(folder.folder_id)

    async def _urgent(self, maildir: MaildirSync) -> None:
        """What the user did, and what the user waits for."""
        await self._operations()
        for message_id, section in list(self.wanted_bodies):
            error = await asyncio.to_thread(_bring, maildir, message_id, section)
            self.wanted_bodies.pop((message_id, section), None)
            self.office.tell(BodyArrived(message_id=message_id, section=section, error=error))

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


def _bring(maildir: MaildirSync, message_id: int, section: str) -> str:
    match section:
        case messages.WHOLE:
            return maildir.bring(message_id)
        case messages.SHOWN:
            return maildir.bring_shown(message_id)
        case _:
            return maildir.bring_part(message_id, section)
