"""The scan: finds in the store what has become due, in pages, and reads nothing twice without need."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from bundled_server.clock import Clock
from bundled_server.mailbox.changes import QueuedRecipient, QueueItem, RecipientState, UpdateQueue
from bundled_server.mailbox.queue_items import due
from bundled_server.mailbox.store import Store, StoreError

PAGE_ITEMS = 200
BUSY_SECONDS = 5.0
WHOLE_SCAN_SECONDS = 300.0
STORE_TROUBLE_SECONDS = 10.0
CLOCK_TOLERANCE_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Taker(Protocol):
    """Who takes on what is found."""

    @property
    def is_full(self) -> bool: ...

    def begin(self, item: QueueItem) -> None: ...


class Scan:
    """Everything due up to a cursor has been handed on; a scan reads what lies behind it.

    The cursor goes back to the start when something changed behind it, when the clock went back, and every few
    minutes in any case. `longest_pause_seconds`: nothing honest is due later than that from now.
    """

    def __init__(self, store: Store, clock: Clock, taker: Taker, longest_pause_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._taker = taker
        self._longest_pause_seconds = longest_pause_seconds
        self._cursor: tuple[float, str] | None = None
        self._whole_scan_at = float("-inf")
        self._seen_now = float("-inf")
        self._not_before = float("-inf")
        self._wake = asyncio.Event()
        self._ended: set[str] | None = None
        self.next_at = float("inf")

    def wake(self, *, from_the_start: bool = False) -> None:
        """Look again now; `from_the_start` when what changed may lie behind the cursor."""
        if from_the_start:
            self._cursor = None
        self._wake.set()

    def rest(self) -> None:
        """The store is in trouble, or something went wrong: let some time pass, then begin at the start."""
        self._not_before = self._clock.now() + STORE_TROUBLE_SECONDS
        self.wake(from_the_start=True)

    def ended(self, queue_id: str) -> None:
        """This item changed: what a scan under way has read of it is stale."""
        if self._ended is not None:
            self._ended.add(queue_id)

    async def run(self, expected: Collection[str]) -> None:
        """Scan for ever; items in `expected` come in another way."""
        while True:
            self._wake.clear()
            try:
                pause = await self._once(expected)
            except StoreError as weather:
                logger.warning("the queue cannot be read: %s", weather)
                pause = STORE_TROUBLE_SECONDS
            self.next_at = self._clock.now() + pause
            await self._sleep_or_wake(pause)

    async def _once(self, expected: Collection[str]) -> float:
        """Hand on what is due → seconds until the next look."""
        now = self._clock.now()
        if now < self._not_before <= now + STORE_TROUBLE_SECONDS:
            return self._not_before - now
        await self._mind_the_clock(now)
        if now - self._whole_scan_at >= WHOLE_SCAN_SECONDS:
            self._cursor, self._whole_scan_at = None, now
        while not self._taker.is_full:
            self._ended = set()
            page = await self._store.queue_due(now, PAGE_ITEMS, self._cursor)
            stale, self._ended = self._ended, None
            for item in page:
                if item.queue_id not in stale and item.queue_id not in expected:
                    self._taker.begin(item)
            if page:
                self._cursor = (due(page[-1]) or now, page[-1].queue_id)
            if len(page) < PAGE_ITEMS:
                upcoming = await self._store.queue_next_due(now)
                return WHOLE_SCAN_SECONDS if upcoming is None else min(upcoming - now, WHOLE_SCAN_SECONDS)
            await asyncio.sleep(0)  # the mail that arrives meanwhile goes first
        return BUSY_SECONDS

    async def _mind_the_clock(self, now: float) -> None:
        """A clock that went back leaves mail due in a far future: it becomes due now."""
        went_back = now < self._seen_now - CLOCK_TOLERANCE_SECONDS
        self._seen_now = now
        horizon = now + self._longest_pause_seconds + CLOCK_TOLERANCE_SECONDS
        upcoming = await self._store.queue_next_due()
        if not went_back and (upcoming is None or upcoming <= horizon):
            return
        self._cursor, self._whole_scan_at = None, now
        late = [
            UpdateQueue(item.queue_id, early)
            for item in await self._store.queue_items()
            if (early := _brought_forward(item, horizon, now))
        ]
        if late:
            logger.warning("the clock went back: %d messages of the queue are tried at once", len(late))
            await self._store.commit(*late)

    async def _sleep_or_wake(self, seconds: float) -> None:
        waking = asyncio.ensure_future(self._wake.wait())
        pausing = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait([waking, pausing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            pausing.cancel()


def _brought_forward(item: QueueItem, horizon: float, now: float) -> tuple[QueuedRecipient, ...]:
    return tuple(
        replace(queued, next_try=now)
        for queued in item.recipients
        if queued.state is RecipientState.WAITING and queued.next_try > horizon
    )
