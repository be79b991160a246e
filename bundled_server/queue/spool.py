"""The queue as others use it: accept a message, and look after what waits."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bundled_server.clock import Clock
from bundled_server.envelope import Envelope, split_address
from bundled_server.journal import Agent, Journal, Step
from bundled_server.mailbox.changes import (
    Enqueue,
    QueuedRecipient,
    QueueItem,
    RecipientState,
    RemoveFromQueue,
    UpdateQueue,
)
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.message_pieces import joined
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.prepared import prepared
from bundled_server.queue.runner import Runner
from bundled_server.queue.short_way import ORIGIN, ShortWay

Stamp = Callable[[Envelope, bytes], Awaitable[bytes]]
"""The lines that go on top of a message for a single mailbox of this host, b"" for others: put there before it is
queued, they let queue and mailbox share its octets."""


class Spool:
    """The message queue (MQ) of one host. Works on a stopped host too: then `runner` is None."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: QueueIds,
        journal: Journal,
        runner: Runner | None,
        stamp: Stamp | None,
        short_way: ShortWay | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._runner = runner
        self._stamp = stamp
        self._short_way = short_way

    async def accept(self, envelope: Envelope, data: bytes, origin: str, queue_id: str = "") -> str:
        """Make a message (its lines end in CRLF) durable and set it going → its queue id, a new one when none is
        given. Raises StoreUnavailable and DeliveryRefused."""
        return await self.accept_pieces(envelope, [data], origin, queue_id)

    async def accept_pieces(self, envelope: Envelope, pieces: list[bytes], origin: str, queue_id: str = "") -> str:
        """The same for a message in pieces, the header whole in the first; implements `smtp_policy.Accept`."""
        queue_id = queue_id or self._ids.next()
        lines = b"" if self._stamp is None else await self._stamp(envelope, pieces[0])
        content = await _prepared(pieces, lines)
        short_way = self._short_way if lines and origin == ORIGIN else None
        if short_way is not None and await short_way.deliver(queue_id, envelope, content):
            self._journal.record(
                Agent.MQ,
                "passed",
                "by the short way: there was nothing to wait for",
                step=Step.LMTA_QUEUE,
                queue_id=queue_id,
                message_id=content.message_id,
            )
            return queue_id
        try:
            await self._enqueue(
                Enqueue(queue_id, envelope, content, content.message_id, self._clock.now(), origin)
            )
        except StoreError:
            if short_way is not None:
                short_way.forget()
            raise
        return queue_id

    async def _enqueue(self, change: Enqueue) -> None:
        runner = self._runner
        if runner is not None:
            runner.expect(change.queue_id)
        try:
            (item,) = await self._store.commit(change)
        except BaseException:
            if runner is not None:
                runner.not_coming(change.queue_id)
            raise
        self._note(item, "queued", f"{item.size_octets} octets for {len(item.recipients)} recipients")
        if runner is not None:
            runner.take(item, change.content)

    # looking after it

    async def items(self) -> list[QueueItem]:
        """Everything that waits, oldest first."""
        return sorted(await self._store.queue_items(), key=lambda item: item.arrived)

    async def item(self, queue_id: str) -> QueueItem | None:
        """One item."""
        return await self._store.queue_item(queue_id)

    async def hold(self, queue_id: str) -> bool:
        """Keep an item from being tried; false when there is none of that id."""
        return await self._mark(queue_id, held=True)

    async def release(self, queue_id: str) -> bool:
        """Let a held item go on; false when there is none of that id."""
        return await self._mark(queue_id, held=False)

    async def flush(self, domain: str = "") -> int:
        """Try now whatever waits (for one recipient domain) and is not held → how many items that is."""
        busy = self._runner.in_hand() if self._runner is not None else frozenset()
        changes = [
            change
            for item in await self._store.queue_items()
            if not item.held and item.queue_id not in busy and not self._is_in_hand(item.queue_id)
            if (change := self._due_now(item, fresh=False, domain=domain.lower())) is not None
        ]
        if changes:
            await self._store.commit(*changes)
        self._wake()
        return len(changes)

    async def requeue(self, queue_id: str) -> bool:
        """Treat an item as if it had just arrived: due now, no attempts counted, not held. One that is being tried
        at this moment is left to its couriers."""
        was_in_hand = self._is_in_hand(queue_id)
        item = await self._store.queue_item(queue_id)
        if item is None:
            return False
        if was_in_hand or self._is_in_hand(queue_id):
            return True
        change = self._due_now(item, fresh=True)
        held = UpdateQueue(queue_id, held=False, warned=False)
        await self._store.commit(held if change is None else replace(change, held=False, warned=False))
        self._note(item, "requeued", "by the administrator")
        self._wake()
        return True

    async def delete(self, queue_id: str) -> bool:
        """Forget an item without telling its sender; false when there is none of that id."""
        item = await self._store.queue_item(queue_id)
        if item is None:
            return False
        if self._runner is not None:
            self._runner.drop(queue_id)
        await self._store.commit(RemoveFromQueue(queue_id))
        self._note(item, "deleted", "by the administrator")
        return True

    # helpers

    async def _mark(self, queue_id: str, *, held: bool) -> bool:
        item = await self._store.queue_item(queue_id)
        if item is None:
            return False
        await self._store.commit(UpdateQueue(queue_id, held=held))
        self._note(item, "held" if held else "released", "by the administrator")
        self._wake()
        return True

    def _due_now(self, item: QueueItem, *, fresh: bool, domain: str = "") -> UpdateQueue | None:
        now = self._clock.now()
        waiting = tuple(
            replace(queued, next_try=now, attempts=0 if fresh else queued.attempts)
            for queued in item.recipients
            if queued.state is RecipientState.WAITING
            and (not domain or split_address(queued.recipient.address)[1] == domain)
        )
        return UpdateQueue(item.queue_id, waiting) if waiting else None

    def _is_in_hand(self, queue_id: str) -> bool:
        return self._runner is not None and self._runner.has(queue_id)

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    def _note(self, item: QueueItem, kind: str, text: str) -> None:
        self._journal.record(
            Agent.MQ,
            kind,
            text,
            step=Step.LMTA_QUEUE,
            queue_id=item.queue_id,
            message_id=item.message_id,
        )


async def _prepared(pieces: list[bytes], lines: bytes) -> Content:
    """The message as the store keeps it, with `lines` on top; the pieces are let go of once they are joined."""
    if lines:
        pieces.insert(0, lines)
    data = await joined(pieces)
    pieces.clear()
    return await prepared(data, has_crlf=True)


def waiting(item: QueueItem) -> list[QueuedRecipient]:
    """The recipients that are still to be reached."""
    return [queued for queued in item.recipients if queued.state is RecipientState.WAITING]
