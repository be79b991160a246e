"""The agent: its accounts, its outbox, its UIs, and when it may go."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.accounts import runner_for
from termail.agent.imap_account import ImapAccount
from termail.agent.lobby import Lobby
from termail.agent.messages import (
    AskScripts,
    BodyArrived,
    OpenFolder,
    OperationsWaiting,
    Password,
    SearchThere,
    StopAgent,
    SyncNow,
    ToAgent,
    ToUI,
    WantBody,
)
from termail.agent.office import Office
from termail.agent.outbox_runner import OutboxRunner
from termail.agent.place import Place
from termail.agent.scripts import ScriptErrands
from termail.agent.sleep_watch import SleepWatch
from termail.config import Settings, stamp
from termail.lmta.local_mta import LocalMta
from termail.model.outbox import OutboxItem
from termail.net.wire import Tap
from termail.secrets.passwords import Passwords
from termail.store.local_store import LocalStore

LINGER_SECONDS: Final = 3.0
"""After the last UI went: another may be on its way."""
STAY_SECONDS: Final = 60.0
"""Work due within this time is worth staying for…"""
LONGEST_STAY_SECONDS: Final = 900.0
"""… but not for ever: the journal and the outbox keep it for the next agent."""


class Agent:
    """Composition root of the background process. `run` ends when nobody needs it any more."""

    def __init__(
        self,
        settings: Settings,
        config: Path,
        place: Place,
        store: LocalStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._config = config
        self._stamp = stamp(config)
        self._store = store
        self._clock = clock
        self._lobby = Lobby(place, self._hear, self._greetings, self._uis_changed)
        self._office = Office(self._lobby.tell, lambda: self._lobby.is_watched, lambda: self._lobby.has_ui, clock)
        passwords = Passwords(config, self._office.ask)
        around = Surroundings(store, passwords, self._office, clock, random.Random(), place.data)
        self._accounts = {name: runner_for(name, account, around) for name, account in settings.accounts.items()}
        mta = LocalMta(settings, store, passwords, clock, self._outgoing_tap)
        self._outbox = OutboxRunner(mta, store, self._office, self._journal_moved)
        self._scripts = ScriptErrands(settings.accounts, passwords, self._office)
        self._alone = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> None:
        """Listen, call `ready`, work. Raises OSError when the socket cannot be opened."""
        for name, account in self._settings.accounts.items():
            self._store.set_identity(name, (account.address, *account.alternates))
        await self._lobby.open()
        try:
            ready()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(runner.run()) for runner in self._accounts.values()]
                tasks.append(group.create_task(self._outbox.run()))
                tasks.append(group.create_task(self._scripts.run()))
                watch = SleepWatch(self._clock, asyncio.get_running_loop().time, self._woke_up)
                tasks.append(group.create_task(watch.run()))
                await self._until_unneeded()
                for task in tasks:
                    task.cancel()
        finally:
            await self._lobby.close()

    def stop(self) -> None:
        """SIGTERM, or a UI said so."""
        self._stop.set()

    # --- the UIs

    def _hear(self, message: ToAgent) -> None:
        match message:
            case OperationsWaiting():
                self._outbox.look()
                self._journal_moved()
            case OpenFolder(folder_id=folder_id):
                self._open(folder_id)
            case SearchThere(folder_id=folder_id, criteria=criteria):
                self._search(folder_id, criteria)
            case WantBody(message_id=message_id, section=section):
                self._want_body(message_id, section)
            case SyncNow():
                self._outbox.look()
                for runner in self._accounts.values():
                    runner.want_sync()
            case AskScripts():
                self._scripts.take(message)
            case Password(account=account, secret=secret):
                self._office.answer(account, secret)
            case StopAgent():
                self.stop()
            case _:
                pass

    def _outgoing_tap(self, item: OutboxItem) -> Tap:
        account = self._settings.accounts.get(item.account)
        server = str(account.submission) if account is not None and account.submission else ""
        return self._office.tap(item.account, "smtp", server)

    def _open(self, folder_id: int) -> None:
        runner = self._runner_of(folder_id)
        if runner is not None:
            runner.look_at(folder_id)

    def _search(self, folder_id: int, criteria: str) -> None:
        runner = self._runner_of(folder_id)
        if isinstance(runner, ImapAccount):
            runner.search_there(folder_id, criteria)

    def _want_body(self, message_id: int, section: str) -> None:
        place = self._store.uid_of(message_id)
        runner = self._runner_of(place[0]) if place is not None else None
        if self._store.raw(message_id) is not None:
            self._lobby.tell(BodyArrived(message_id=message_id, section=section))
        elif runner is None:
            error = "this message is on no server we know"
            self._lobby.tell(BodyArrived(message_id=message_id, section=section, error=error))
        else:
            runner.want_body(message_id, section)

    def _runner_of(self, folder_id: int) -> AccountRunner | None:
        folder = self._store.folder(folder_id)
        return self._accounts.get(folder.account) if folder is not None else None

    def _woke_up(self) -> None:
        self._outbox.look()
        for runner in self._accounts.values():
            runner.woke_up()

    def _journal_moved(self) -> None:
        for runner in self._accounts.values():
            runner.want_operations()

    def _greetings(self) -> list[ToUI]:
        return self._office.greetings()

    def _uis_changed(self) -> None:
        if self._lobby.has_ui:
            self._alone.clear()
            if stamp(self._config) != self._stamp:
                self.stop()  # the next agent reads the new settings; the UI starts it at once
            for runner in self._accounts.values():
                runner.somebody_came()
        else:
            self._alone.set()
            self._office.nobody_is_left()

    # --- going

    async def _until_unneeded(self) -> None:
        """Until we are told to stop, or no UI is left and nothing is due soon."""
        self._uis_changed()
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            while not stopping.done():
                alone = asyncio.ensure_future(self._alone.wait())
                await asyncio.wait({alone, stopping}, return_when=asyncio.FIRST_COMPLETED)
                alone.cancel()
                if stopping.done() or await self._stays_alone(stopping):
                    return
        finally:
            stopping.cancel()

    async def _stays_alone(self, stopping: "asyncio.Task[Literal[True]]") -> bool:
        """True when it is time to go."""
        waited = 0.0
        while waited < LONGEST_STAY_SECONDS:
            await asyncio.wait({stopping}, timeout=LINGER_SECONDS)
            waited += LINGER_SECONDS
            if stopping.done():
                return True
            if self._lobby.has_ui:
                return False
            if not self._outbox.due_within(STAY_SECONDS) and not self._has_operations():
                return True
        return True

    def _has_operations(self) -> bool:
        """Operations of accounts that are online: those of others wait for better weather and another agent."""
        waiting = {entry.account for entry in self._store.operations() if entry.state in ("pending", "running")}
        return any(name in waiting and runner.online.is_set() for name, runner in self._accounts.items())
