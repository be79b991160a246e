"""Full mailboxes: a planner that stands before the MDA and defers mail for those who have no room."""

from dataclasses import replace
from typing import Any

from bundled_server.courier import LocalPlan, LocalPlanner, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.content import Content
from bundled_server.world.faults.board import FaultBoard

FULL = "mailbox-full"


class FullMailboxes:
    """Implements `courier.LocalPlanner` by the real one, for the recipients who have room."""

    def __init__(self, planner: LocalPlanner, board: FaultBoard) -> None:
        self._planner = planner
        self._board = board

    async def plan(self, queue_id: str, envelope: Envelope, content: Content) -> LocalPlan:
        full = {
            recipient: self._deferred(recipient) for recipient in envelope.recipients if self._is_full(recipient)
        }
        if not full:
            return await self._planner.plan(queue_id, envelope, content)
        others = tuple(recipient for recipient in envelope.recipients if recipient not in full)
        if not others:
            return LocalPlan(tuple(full.values()), (), _nothing)
        plan = await self._planner.plan(queue_id, replace(envelope, recipients=others), content)
        found = full | {outcome.recipient: outcome for outcome in plan.outcomes}
        return replace(plan, outcomes=tuple(found[recipient] for recipient in envelope.recipients))

    def forget(self) -> None:
        self._planner.forget()

    def _is_full(self, recipient: Recipient) -> bool:
        for fault in self._board.of(FULL, recipient.address.lower()):
            self._board.strike(fault, "delivery")
            return True
        return False

    @staticmethod
    def _deferred(recipient: Recipient) -> Outcome:
        return Outcome(recipient, Verdict.DEFERRED, "4.2.2", f"the mailbox of {recipient.address} is full")


def _nothing(results: tuple[Any, ...]) -> None:
    """Nothing was committed."""
