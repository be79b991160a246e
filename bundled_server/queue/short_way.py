"""The short way: mail for one mailbox of this host goes straight into it, without a stay in the queue."""

from dataclasses import dataclass

from bundled_server.courier import DeliveryRefused, LocalPlan, LocalPlanner, Verdict
from bundled_server.envelope import Envelope
from bundled_server.mailbox.changes import AddMessage, Change
from bundled_server.mailbox.content import Content
from bundled_server.mailbox.records import PutRecords
from bundled_server.mailbox.store import Store, StoreError, StoreUnavailable

ORIGIN = "transfer"
"""What other hosts bring. Mail of our own users stays on the lecture's way: MSA, queue, MDA."""


@dataclass(frozen=True, slots=True)
class ShortWay:
    """One commit instead of two, and "250" still means on disk: the disk of the mailbox."""

    store: Store
    planner: LocalPlanner

    async def deliver(self, queue_id: str, envelope: Envelope, content: Content) -> bool:
        """True: the message is in its mailbox, durably. False: nothing happened, the queue has to take it, because
        there is more to do than to add it, or the mailbox is in trouble. Raises StoreUnavailable, and
        DeliveryRefused when the only recipient does not want it."""
        try:
            plan = await self.planner.plan(queue_id, envelope, content)
            if len(plan.outcomes) == 1 and plan.outcomes[0].verdict is Verdict.REFUSED and not plan.changes:
                plan.settled(())
                raise DeliveryRefused(plan.outcomes[0])
            if not _only_adds(plan):
                return False
            results = await self.store.commit(*_without_keys(plan))
        except StoreUnavailable:
            self.planner.forget()
            raise
        except StoreError:
            self.planner.forget()
            return False
        plan.settled(results)
        return True

    def forget(self) -> None:
        """The queue did not take it either: what was noted of it while it was planned is not so."""
        self.planner.forget()


def _only_adds(plan: LocalPlan) -> bool:
    """Whether everybody gets the message (a script may have put it elsewhere, or nowhere) and nobody is to be told
    or sent anything."""
    return all(
        outcome.verdict is Verdict.DELIVERED and "SUCCESS" not in outcome.recipient.notify
        for outcome in plan.outcomes
    ) and all(isinstance(change, AddMessage | PutRecords) for change in plan.changes)


def _without_keys(plan: LocalPlan) -> list[Change]:
    """Delivery keys guard retries of a queue item; here is none, and nothing would ever remove them."""
    return [
        AddMessage(change.mailbox_id, change.content, change.flags, change.internal_date)
        if isinstance(change, AddMessage)
        else change
        for change in plan.changes
    ]
