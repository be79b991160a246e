"""An account as the agent runs it: wishes come in, work is done, failures wait and come again."""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from termail.agent.messages import WHOLE, BodyArrived, SyncFinished
from termail.agent.office import Office
from termail.config import Account
from termail.mra.errors import Insecure, RetrievalError
from termail.mra.imap.errors import ImapThrottled, LoginRefused
from termail.mra.pop.errors import PopLoginRefused
from termail.net.trust import CannotTrust
from termail.net.weather import in_words
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import PasswordSource
from termail.store.local_store import LocalStore

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 2.0
LONGEST_RETRY_SECONDS: Final = 300.0
USERS_MATTER_SECONDS: Final = 600.0
"""Settings, passwords and certificates are for the user to mend: look again only now and then."""
STEADY_SECONDS: Final = 30.0

_USERS_MATTERS: Final = (LoginRefused, PopLoginRefused, Insecure, NoPassword, CannotTrust)
_WEATHER: Final = (RetrievalError, OSError)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every account is given."""

    store: LocalStore
    passwords: PasswordSource
    office: Office
    clock: Callable[[], float]
    jitter: random.Random
    data: Path


class AccountRunner(ABC):
    """Base of the kinds of accounts; `session` is theirs: one connection's life, until it fails.

    Wishes (`want_…`, `look_at`) may come at any time from the event loop and are kept until they are met.
    """

    def __init__(self, name: str, account: Account, around: Surroundings) -> None:
        self.name = name
        self.account = account
        self.store = around.store
        self.passwords = around.passwords
        self.office = around.office
        self.clock = around.clock
        self._jitter = around.jitter
        self.wake = asyncio.Event()
        self.online = asyncio.Event()
        self.wants_sync = True
        self.announces_sync = False
        self.open_folder_id = 0
        self.attention: list[asyncio.Event] = []
        self.wanted_bodies: dict[tuple[int, str], None] = {}
        self._is_waiting_out = False
        self._waits_for_somebody = False
        self._woke_up = False

    # --- wishes

    def somebody_came(self) -> None:
        """A UI is here: whoever can be asked for a password."""
        if self._waits_for_somebody:
            self._waits_for_somebody = False
            self.wake.set()

    def woke_up(self) -> None:
        """The computer slept, or changed its network: what we waited for may be there now."""
        self._woke_up = True
        self.wants_sync = True
        self.wake.set()

    def want_operations(self) -> None:
        """The journal may hold something."""
        self.wake.set()

    def want_sync(self) -> None:
        """Check everything now, and say when it is done."""
        self.wants_sync = True
        self.announces_sync = True
        self.wake.set()

    def want_body(self, message_id: int, section: str = WHOLE) -> None:
        """One message (or a part of it), before anything else."""
        self.wanted_bodies[message_id, section] = None
        if self._is_waiting_out:
            self.refuse_bodies(self.office.states[self.name].text)
        self.wake.set()

    def look_at(self, folder_id: int) -> None:
        """The user opened this folder."""
        self.open_folder_id = folder_id
        self.wake.set()
        self._turn_heads()

    def refuse_bodies(self, reason: str) -> None:
        """Whoever waits learns that it is no use now."""
        for message_id, section in self.wanted_bodies:
            self.office.tell(BodyArrived(message_id=message_id, section=section, error=reason))
        self.wanted_bodies.clear()

    def sync_finished(self, error: str = "") -> None:
        """Answer SyncNow once."""
        if self.announces_sync:
            self.announces_sync = False
            self.office.tell(SyncFinished(account=self.name, error=error))

    # --- life

    @abstractmethod
    async def session(self) -> None:
        """Connect and work until something fails. Raises what `run` knows."""

    @abstractmethod
    async def run_once(self) -> None:
        """The same work once, for commands without a UI."""

    @abstractmethod
    async def replay_once(self) -> None:
        """Bring the user's operations to the server and do nothing else, for commands without a UI."""

    async def run(self) -> None:
        """For ever: a session, then a pause that grows while sessions fail. Never fails itself."""
        failures = 0
        while True:
            self.wake.clear()
            begun = self.clock()
            self.office.state(self.name, "connecting", "connecting")
            try:
                await self.session()
                failures = 0
                continue
            except _USERS_MATTERS as error:
                state, text, pause = "error", str(error), USERS_MATTER_SECONDS
                self._waits_for_somebody = isinstance(error, NoPassword)
                if isinstance(error, LoginRefused | PopLoginRefused):
                    self.passwords.forget(self.name)
            except _WEATHER as error:
                failures = 1 if self.clock() - begun > STEADY_SECONDS else failures + 1
                text = in_words(error, self.name) if isinstance(error, OSError) else str(error)
                state, pause = "offline", self._pause(failures)
                if isinstance(error, ImapThrottled):
                    pause = max(pause, error.seconds)
            except Exception:  # a defect in one account must not take the others down
                log.exception("account %s", self.name)
                failures += 1
                state, text, pause = "error", "a defect of this program: see agent.log", self._pause(failures + 4)
            finally:
                self.online.clear()
                self._turn_heads()
            await self._wait_out(state, text, pause)

    def _turn_heads(self) -> None:
        """Whoever watches something on behalf of this account looks up."""
        for event in self.attention:
            event.set()

    def _pause(self, failures: int) -> float:
        grown = FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10)
        return min(grown, LONGEST_RETRY_SECONDS) * (0.8 + 0.4 * self._jitter.random())

    async def _wait_out(self, state: str, text: str, pause_seconds: float) -> None:
        """Offline until the pause is over or the user asks for a sync."""
        self.office.state(self.name, state, text, retry_at=self.clock() + pause_seconds)
        self.refuse_bodies(text)
        self.sync_finished(text)
        self._is_waiting_out = True
        waited_for_somebody = self._waits_for_somebody
        try:
            async with asyncio.timeout(pause_seconds):
                while (
                    not (self.announces_sync or self._woke_up) and self._waits_for_somebody == waited_for_somebody
                ):
                    self.wake.clear()
                    await self.wake.wait()
        except TimeoutError:
            pass
        finally:
            self._is_waiting_out = False
            self._waits_for_somebody = False
            self._woke_up = False
        self.wants_sync = True
