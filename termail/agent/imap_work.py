"""What there is to do on an IMAP account's connection, the most urgent first."""

import contextlib
import math
from typing import Final

from termail.agent import messages
from termail.agent.account import AccountRunner
from termail.agent.imap_desk import ImapDesk
from termail.agent.messages import BodyArrived, FolderChanged, FoldersChanged, NewMail, OperationsChanged
from termail.model.actions import CreateFolder, DeleteFolder, RenameFolder
from termail.model.folder import Folder
from termail.mra.imap.connection import ImapConnection
from termail.mra.imap.errors import ImapGone, ImapRefused
from termail.mra.sync.bodies import DAY_SECONDS, Bodies
from termail.mra.sync.folder_sync import FolderSync, Step
from termail.mra.sync.mailboxes import Mailboxes
from termail.mra.sync.replay import Impossible, NotYet, Replay
from termail.net.wire import Cause, because
from termail.store.local_store import Operation

_LATER: Final = frozenset({"INUSE", "UNAVAILABLE", "SERVERBUG", "LIMIT", "OVERQUOTA"})  # RFC 5530 §3, RFC 9208
_ATTEMPTS: Final = 20
LIMITED: Final = Cause("the limit, asked of the server too")
OPENED: Final = Cause("a message is opened that is not held here")
_RETRY_SECONDS: Final = 5.0
_LONGEST_RETRY_SECONDS: Final = 900.0
NEW_MAIL_TOLD: Final = 5
EVERYTHING: Final = 10_000_000
_FOLDER_ACTIONS: Final = (CreateFolder, DeleteFolder, RenameFolder)


class ImapWork:
    """Lives as long as one connection. Raises ImapGone when that ends."""

    def __init__(self, runner: AccountRunner, desk: ImapDesk, connection: ImapConnection) -> None:
        self._runner = runner
        self._desk = desk
        self._connection = connection
        self._store = runner.store
        self._office = runner.office
        self._replay = Replay(connection, self._store, lambda: desk.mailboxes)
        self._bodies = Bodies(connection, self._store, desk.mailboxes)
        self._bodies_looked_at: set[int] = set()
        self._operations_done = 0

    async def begin(self) -> None:
        """The folder list, and every folder to be synced: what the user looks at first."""
        self._office.state(self._runner.name, "syncing", "reading the folder list")
        self._desk.mailboxes = Mailboxes(await self._connection.list_mailboxes())
        self._bodies = Bodies(self._connection, self._store, self._desk.mailboxes)
        before = self._store.folders(self._runner.name)
        folders = self._store.put_folders(self._runner.name, self._desk.mailboxes.folders)
        if folders != before:
            self._office.tell(FoldersChanged())
        selectable = {entry.name for entry in self._desk.mailboxes.folders if entry.selectable}
        self._desk.dirty.clear()
        for folder in sorted(folders, key=lambda entry: entry.folder_id != self._runner.open_folder_id):
            if folder.name in selectable and self._may_have_news(folder):
                self._desk.mark(folder.folder_id)
        self._bodies_looked_at.clear()
        self._desk.next_check = self._runner.clock() + self._runner.account.check_minutes * 60.0
        self._runner.wants_sync = False

    def _may_have_news(self, folder: Folder) -> bool:
        """A view of other folders' messages is read when somebody opens it: nobody wants all mail twice."""
        if folder.name in self._desk.mailboxes.views and folder.folder_id != self._runner.open_folder_id:
            return False
        state, held = self._store.sync_state(folder.folder_id), len(self._store.uids(folder.folder_id))
        return not self._desk.mailboxes.is_as_known(folder.name, state, held)

    async def operations(self) -> None:
        """Replay what is due, and nothing else."""
        self._desk.mailboxes = Mailboxes(await self._connection.list_mailboxes())
        self._store.put_folders(self._runner.name, self._desk.mailboxes.folders)
        await self._urgent()

    async def everything(self) -> None:
        """Return when nothing is left to do."""
        while True:
            await self._urgent()
            if self._runner.wants_sync:
                await self.begin()
            folder = self._next_dirty()
            if folder is not None:
                await self._sync(folder)
            elif not await self._recent_bodies():
                return

    # --- urgent: what the user did, and what the user waits for

    async def _urgent(self) -> None:
        while self._runner.wanted_bodies:
            message_id, section = next(iter(self._runner.wanted_bodies))
            try:
                with because(OPENED):
                    error = await self._bring(message_id, section)
            except ImapRefused as refusal:
                error = str(refusal)
            self._runner.wanted_bodies.pop((message_id, section), None)
            self._office.tell(BodyArrived(message_id=message_id, section=section, error=error))
        if self._desk.wished_search is not None:
            (folder_id, criteria), self._desk.wished_search = self._desk.wished_search, None
            with because(LIMITED), contextlib.suppress(ImapRefused, LookupError):
                await self._search(folder_id, criteria)
        while self._store.pending_count():  # a mere read: a claim is a write
            operations = self._store.claim_operations(self._runner.name, self._runner.clock())
            if not operations:
                return
            await self._replay_all(operations)

    async def _search(self, folder_id: int, criteria: str) -> None:
        """Its answer is for the wire alone. Raises LookupError, ImapRefused."""
        folder = self._store.folder(folder_id)
        if folder is None:
            raise LookupError(folder_id)
        wire_name = self._desk.mailboxes.wire_name(folder.name)
        selected = self._connection.selected
        if selected is None or selected.wire_name != wire_name:
            await self._connection.select(wire_name)
        await self._connection.search(criteria)

    async def _bring(self, message_id: int, section: str) -> str:
        match section:
            case messages.WHOLE:
                return await self._bodies.bring(message_id)
            case messages.SHOWN:
                return await self._bodies.bring_shown(message_id)
            case _:
                return await self._bodies.bring_part(message_id, section)

    async def _replay_all(self, operations: list[Operation]) -> None:
        """A batch; when the connection ends in the middle, what is left comes again."""
        waiting = list(operations)
        try:
            while waiting:
                await self._replay_one(waiting[0])
                waiting.pop(0)
        except ImapGone as error:
            # The first may be what the server cannot bear: it must not keep all others from their turn for ever.
            self._defer(waiting[0], error)
            for operation in waiting[1:]:
                self._store.defer_operation(operation.operation_id, 0.0, str(error))
            raise
        finally:
            self._office.tell(OperationsChanged())
        if any(isinstance(entry.action, _FOLDER_ACTIONS) for entry in operations):
            self._runner.wants_sync = True

    async def _replay_one(self, operation: Operation) -> None:
        try:
            with because(Cause(operation.summary, operation.operation_id)):
                dirty = await self._replay.run(operation)
        except (NotYet, ImapRefused, Impossible) as error:
            if isinstance(error, NotYet):
                self._desk.mark(error.folder_id)
            elif isinstance(error, Impossible) or error.code not in _LATER:
                self._fail(operation, str(error))
                return
            self._defer(operation, error)
            return
        self._store.complete_operation(operation.operation_id)
        self._operations_done += 1
        for folder_id in dirty:
            self._desk.mark(folder_id)

    def _defer(self, operation: Operation, error: Exception) -> None:
        """Later; after many attempts, never."""
        if operation.attempts >= _ATTEMPTS:
            self._fail(operation, str(error))
            return
        pause = min(_RETRY_SECONDS * (operation.attempts - 1), _LONGEST_RETRY_SECONDS)
        self._store.defer_operation(operation.operation_id, self._runner.clock() + pause, str(error))

    def _fail(self, operation: Operation, reason: str) -> None:
        """Its local effect is taken back: everything on the screen may have changed."""
        self._store.fail_operation(operation.operation_id, reason)
        self._operations_done += 1
        self._office.tell(FoldersChanged())
        for folder in self._store.folders(self._runner.name):
            self._office.tell(FolderChanged(folder_id=folder.folder_id))

    # --- folders

    def _next_dirty(self) -> Folder | None:
        while self._desk.dirty:
            wished = self._runner.open_folder_id
            folder_id = wished if wished in self._desk.dirty else next(iter(self._desk.dirty))
            del self._desk.dirty[folder_id]
            folder = self._store.folder(folder_id)
            if folder is not None and folder.account == self._runner.name and folder.name in self._desk.mailboxes:
                return folder
        return None

    async def _sync(self, folder: Folder) -> None:
        self._office.state(self._runner.name, "syncing", f"syncing {folder.name}")
        wire_name = self._desk.mailboxes.wire_name(folder.name)
        sync = FolderSync(
            self._connection, self._store, folder, wire_name, self._desk.skipped, lambda: self._operations_done
        )
        try:
            async for step in sync.steps():
                self._tell(folder, step)
                await self._urgent()
        except ImapRefused as error:
            self._office.state(self._runner.name, "syncing", f"{folder.name}: {error}")
        self._bodies_looked_at.discard(folder.folder_id)

    def _tell(self, folder: Folder, step: Step) -> None:
        if step.changed:
            self._office.tell(FolderChanged(folder_id=folder.folder_id))
            self._office.tell(FoldersChanged())
        if step.missing:
            text = f"syncing {folder.name}, {step.missing} older messages to come"
            self._office.state(self._runner.name, "syncing", text)
        if step.new_ids and folder.role not in ("sent", "drafts", "trash", "junk"):
            for row in self._store.rows(step.new_ids[-NEW_MAIL_TOLD:]):
                self._office.tell(
                    NewMail(
                        folder_id=folder.folder_id,
                        sender=row.sender_name or row.sender_address,
                        subject=row.subject,
                    )
                )

    # --- bodies in the background

    def _kept(self, folder: Folder) -> tuple[int, float]:
        """→ (how many of the newest messages, since when) are held with their bodies."""
        account = self._runner.account
        if folder.name in account.keep_headers:
            return 0, math.inf
        if folder.name in account.keep_everything:
            return EVERYTHING, -math.inf
        return account.keep_messages, self._runner.clock() - account.keep_days * DAY_SECONDS

    async def _recent_bodies(self) -> bool:
        """One batch → False when no folder wants any."""
        for folder in self._store.folders(self._runner.name):
            if folder.folder_id in self._bodies_looked_at or folder.name not in self._desk.mailboxes:
                continue
            wanted = self._bodies.wanted(folder, *self._kept(folder))
            if wanted:
                try:
                    await self._bodies.bring_batch(folder, wanted)
                    return True
                except ImapRefused:
                    pass  # the folder's next news are the time to ask again; opening a message asks at once
            self._bodies_looked_at.add(folder.folder_id)
        return False
