"""The local MTA at work: a few messages at a time, each as soon as it is due."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from termail.agent.messages import OutboxChanged
from termail.agent.office import Office
from termail.lmta.local_mta import LocalMta
from termail.model.outbox import OutboxState
from termail.net.wire import Cause, because
from termail.store.local_store import LocalStore

log = logging.getLogger(__name__)

LANES: Final = 3
"""A large message to a slow server does not hold up the others."""
LONGEST_NAP_SECONDS: Final = 3_600.0
DEFECT_PAUSE_SECONDS: Final = 60.0


class OutboxRunner:
    """`sent` is called after each attempt: an Fcc may wait in the journal now."""

    def __init__(self, mta: LocalMta, store: LocalStore, office: Office, sent: Callable[[], None]) -> None:
        self._mta = mta
        self._store = store
        self._office = office
        self._sent = sent
        self._wake = asyncio.Event()
        self._busy = 0

    def look(self) -> None:
        """The outbox may hold something new."""
        self._wake.set()

    def due_within(self, seconds: float) -> bool:
        """Whether somebody should stay for a message."""
        due = self._next_due()
        return self._busy > 0 or (due is not None and due <= self._office.clock() + seconds)

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(self._lane())

    async def drain(self) -> None:
        """What is due now, once."""
        await asyncio.gather(*(self._drain_lane() for _ in range(LANES)))

    async def _drain_lane(self) -> None:
        while await self._one():
            pass

    async def _lane(self) -> None:
        while True:
            try:
                if not await self._one():
                    await self._nap()
            except Exception:  # a defect with one message must not stop the others
                log.exception("outbox")
                await asyncio.sleep(DEFECT_PAUSE_SECONDS)

    async def _one(self) -> bool:
        self._wake.clear()
        self._busy += 1
        try:
            item = await asyncio.to_thread(self._store.claim_outbox, self._office.clock())
            if item is None:
                return False
            self._office.tell(OutboxChanged())
            with because(Cause(f"sending “{item.subject}”", message_id=item.message_id_header)):
                await self._mta.deliver(item)
        finally:
            self._busy -= 1
        self._office.tell(OutboxChanged())
        self._sent()
        return True

    async def _nap(self) -> None:
        """Until something new comes or the next message is due."""
        due = self._next_due()
        seconds = LONGEST_NAP_SECONDS if due is None else due - self._office.clock()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0.05), LONGEST_NAP_SECONDS)):
                await self._wake.wait()

    def _next_due(self) -> float | None:
        waiting = (OutboxState.QUEUED, OutboxState.DEFERRED)
        return min(
            (max(item.not_before, item.next_try) for item in self._store.outbox() if item.state in waiting),
            default=None,
        )
