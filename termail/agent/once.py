"""The agent's work done once, without a UI: `termail sync` and `termail send`."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from termail.agent.account import AccountRunner, Surroundings
from termail.agent.accounts import runner_for
from termail.agent.client import AgentClient
from termail.agent.messages import OperationsWaiting, SyncFinished, SyncNow, ToUI, WireLine
from termail.agent.office import Office
from termail.agent.outbox_runner import OutboxRunner
from termail.agent.place import Place
from termail.config import Settings, load
from termail.lmta.local_mta import LocalMta
from termail.model.outbox import OutboxItem, OutboxState
from termail.mra.errors import RetrievalError
from termail.net.trust import CannotTrust
from termail.net.weather import in_words
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import Ask, Passwords, nobody_to_ask
from termail.store.local_store import LocalStore

AGENT_SECONDS: Final = 900.0
"""How long a running agent may take before we no longer wait for its answer."""
COPY_SECONDS: Final = 60.0
"""How long `termail send` may take over the copy in Sent."""
_UNSETTLED: Final = (OutboxState.QUEUED, OutboxState.SENDING)


class AccountReport(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is "" when all went well; `new_messages` is how many more are held than before."""

    account: str
    new_messages: int
    error: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync did. `waiting_operations` and `waiting_messages` could not be brought to a server yet."""

    accounts: list[AccountReport]
    waiting_operations: int
    waiting_messages: int

    @property
    def is_good(self) -> bool:
        """No account had an error."""
        return not any(entry.error for entry in self.accounts)


async def sync_once(
    config: Path, data: Path, ask: Ask = nobody_to_ask, heard: Callable[[WireLine], None] | None = None
) -> Report:
    """Send what is due, replay operations, fetch. A running agent is asked to do it; else it is done here, and
    `heard` is told every line of dialogue. Raises SettingsError, place.NotOurs, OSError."""
    settings = load(config)
    place = Place(data)
    lock = place.lock()
    store = LocalStore(place.store)
    try:
        before = {name: _held(store, name) for name in settings.accounts}
        if lock is None:
            errors = await _by_agent(settings, config, data)
        else:
            errors = await _Crew(settings, config, place, store, ask, heard).sync()
        return _report(store, before, errors)
    finally:
        store.close()
        if lock is not None:
            lock.release()


async def send_once(
    config: Path,
    data: Path,
    account: str,
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    ask: Ask = nobody_to_ask,
) -> OutboxItem:
    """Queue a message durably and submit it now → how it stands: SENT, or the state and reason the outbox keeps.
    Raises SettingsError, place.NotOurs, OSError."""
    settings = load(config)
    place = Place(data)
    lock = place.lock()
    store = LocalStore(place.store)
    try:
        outbox_id = store.queue_message(account, sender, recipients, raw)
        if lock is None:
            await _sent_by_agent(store, outbox_id, config, data)
        else:
            await _Crew(settings, config, place, store, ask).send(account, lambda: _item(store, outbox_id))
        return _item(store, outbox_id)
    finally:
        store.close()
        if lock is not None:
            lock.release()


class _Crew:
    """The runners of an agent without its socket."""

    def __init__(
        self,
        settings: Settings,
        config: Path,
        place: Place,
        store: LocalStore,
        ask: Ask,
        heard: Callable[[WireLine], None] | None = None,
    ) -> None:
        self._store = store
        passwords = Passwords(config, ask)
        office = _office(heard)
        around = Surroundings(store, passwords, office, time.time, random.Random(), place.data)
        for name, account in settings.accounts.items():
            store.set_identity(name, (account.address, *account.alternates))
        self._runners = [runner_for(name, account, around) for name, account in settings.accounts.items()]
        self._mta = LocalMta(settings, store, passwords, time.time)
        self._outbox = OutboxRunner(self._mta, store, office, lambda: None)

    async def sync(self) -> dict[str, str]:
        """→ errors by account."""
        await self._outbox.drain()
        errors = await asyncio.gather(*(self._run(runner) for runner in self._runners))
        return {runner.name: error for runner, error in zip(self._runners, errors, strict=True)}

    async def send(self, account: str, item: Callable[[], OutboxItem]) -> None:
        """Until the message is no longer waiting for its first attempt, and its copy is in Sent. A server that
        cannot be reached gets the copy later: the journal keeps it."""
        while item().state in _UNSETTLED and await self._mta.send_next() is not None:
            pass
        runner = next((runner for runner in self._runners if runner.name == account), None)
        if runner is None or not any(entry.account == account for entry in self._store.operations()):
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COPY_SECONDS):
                await self._tried(runner.name, runner.replay_once)

    async def _run(self, runner: AccountRunner) -> str:
        return await self._tried(runner.name, runner.run_once)

    async def _tried(self, name: str, work: Callable[[], Awaitable[None]]) -> str:
        """→ "" or why it could not be done."""
        try:
            await work()
        except OSError as error:
            return in_words(error, name)
        except (RetrievalError, NoPassword, CannotTrust) as error:
            return str(error)
        return ""


def _office(heard: Callable[[WireLine], None] | None) -> Office:
    """An office where nobody sits but, perhaps, somebody who listens to the wire."""
    if heard is None:
        return Office()
    listener = heard

    def tell(message: ToUI) -> None:
        if isinstance(message, WireLine):
            listener(message)

    return Office(tell, is_watched=lambda: True)


async def _by_agent(settings: Settings, config: Path, data: Path) -> dict[str, str]:
    client = AgentClient(config, data)
    await client.connect()
    errors = dict.fromkeys(settings.accounts, "the agent did not finish in time")
    waiting = set(settings.accounts)
    try:
        await client.send(SyncNow())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGENT_SECONDS):
                async for message in client.messages():
                    if isinstance(message, SyncFinished) and message.account in waiting:
                        waiting.discard(message.account)
                        errors[message.account] = message.error
                    if not waiting:
                        break
    finally:
        await client.close()
    return errors


async def _sent_by_agent(store: LocalStore, outbox_id: int, config: Path, data: Path) -> None:
    client = AgentClient(config, data)
    await client.connect()
    try:
        await client.send(OperationsWaiting())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGENT_SECONDS):
                async for _ in client.messages():  # every state change is told; which one does not matter
                    if _item(store, outbox_id).state not in _UNSETTLED:
                        return
    finally:
        await client.close()


def _item(store: LocalStore, outbox_id: int) -> OutboxItem:
    return next(item for item in store.outbox() if item.outbox_id == outbox_id)


def _held(store: LocalStore, account: str) -> int:
    return sum(folder.total for folder in store.folders(account))


def _report(store: LocalStore, before: dict[str, int], errors: dict[str, str]) -> Report:
    waiting = (OutboxState.QUEUED, OutboxState.DEFERRED, OutboxState.SENDING)
    return Report(
        accounts=[
            AccountReport(account=name, new_messages=max(_held(store, name) - held, 0), error=errors.get(name, ""))
            for name, held in before.items()
        ],
        waiting_operations=store.pending_count(),
        waiting_messages=sum(item.state in waiting for item in store.outbox()),
    )
