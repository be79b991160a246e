"""Delivery from hand to hand: mail that comes by LMTP goes into mailboxes before it is answered (RFC 2033)."""

from collections.abc import Callable

from bundled_server.courier import LocalPlanner, Outcome, Verdict
from bundled_server.envelope import Envelope
from bundled_server.mailbox.changes import Enqueue, QueueItem, RemoveFromQueue
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.store import Store, StoreError
from bundled_server.message_pieces import joined
from bundled_server.queue.prepared import prepared

Take = Callable[[QueueItem, Content], None]
"""Goes on with an item that was made on the way: mail that an alias leads elsewhere."""


class HandDelivery:
    """Implements `smtp_session.services.Deliver`: one outcome for each recipient, durable when it is told."""

    def __init__(self, store: Store, planner: LocalPlanner, take: Take) -> None:
        self._store = store
        self._planner = planner
        self._take = take

    async def __call__(self, queue_id: str, envelope: Envelope, pieces: list[bytes]) -> list[Outcome]:
        try:
            data = await joined(pieces)
            pieces.clear()
            content = await prepared(data)
            plan = await self._planner.plan(queue_id, envelope, content)
            changes = plan.changes
            # the item never existed: removing it forgets the delivery keys, which are not needed any more
            results = await self._store.commit(*changes, RemoveFromQueue(queue_id)) if changes else ()
        except StoreError as weather:
            self._planner.forget()
            text = f"mailbox not available: {weather}"
            return [Outcome(each, Verdict.DEFERRED, "4.3.0", text) for each in envelope.recipients]
        plan.settled(results[: len(changes)])
        for change, result in zip(changes, results, strict=False):
            if isinstance(change, Enqueue):
                self._take(result, change.content)
        return list(plan.outcomes)
