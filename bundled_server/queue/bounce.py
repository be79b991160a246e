"""Who is told about a message that failed, waits or arrived, by RFC 3461's wishes and without backscatter."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Agent, Journal
from bundled_server.mailbox.changes import Enqueue, QueuedRecipient, QueueItem, RecipientState
from bundled_server.mailbox.content import Content, prepare
from bundled_server.queue.ids import QueueIds
from bundled_server.queue.report import Action, Report, render, returned_part

BOUNCE = "bounce"
NEVER = frozenset({"NEVER"})


@dataclass(frozen=True, slots=True)
class Reporter:
    """Makes the reports as queue changes, to be committed together with what they report."""

    hostname: str
    domain: str
    ids: QueueIds
    journal: Journal
    give_up_seconds: float
    returns_octets: int

    def final_reports(
        self, item: QueueItem, states: Iterable[QueuedRecipient], content: Content | None, now: float
    ) -> list[Enqueue]:
        """One report for all that failed, one for each way in which mail arrived whose sender asked to know."""
        states = tuple(states)
        failed = tuple(q for q in states if q.state is RecipientState.FAILED and _wants(q.recipient, "FAILURE"))
        reports = []
        if failed:
            reports += self._failure(item, failed, content, now)
        for action in (Action.DELIVERED, Action.RELAYED, Action.EXPANDED):
            told = tuple(q for q in states if success_to_tell(q) and _success_of(q) is action)
            if told and item.envelope.sender:
                reports.append(self._report(action, item.envelope.sender, item, told, content, now))
        return reports

    def delay_notices(
        self, item: QueueItem, waiting: Iterable[QueuedRecipient], content: Content | None, now: float
    ) -> list[Enqueue]:
        """One notice that the message is late, to a sender who did not ask to be spared."""
        late = tuple(queued for queued in waiting if _wants(queued.recipient, "DELAY"))
        if not late or not item.envelope.sender:
            return []
        return [self._report(Action.DELAYED, item.envelope.sender, item, late, content, now)]

    def _failure(
        self, item: QueueItem, failed: tuple[QueuedRecipient, ...], content: Content | None, now: float
    ) -> list[Enqueue]:
        """To the sender; our own bounce that fails goes to the postmaster once, other `<>` mail to nobody."""
        postmaster = f"postmaster@{self.domain}"
        to = item.envelope.sender
        if not to:
            if item.origin != BOUNCE or any(queued.recipient.address == postmaster for queued in failed):
                self._note_dropped(item, failed)
                return []
            to = postmaster
        return [self._report(Action.FAILED, to, item, failed, content, now)]

    def _report(
        self,
        action: Action,
        to: str,
        item: QueueItem,
        recipients: tuple[QueuedRecipient, ...],
        content: Content | None,
        now: float,
    ) -> Enqueue:
        queue_id = self.ids.next()
        whole = self._returns_whole(action, item)
        report = Report(
            action=action,
            to=to,
            hostname=self.hostname,
            domain=self.domain,
            item=item,
            recipients=recipients,
            returned=returned_part(content, whole=whole),
            whole=whole,
            now=now,
            identifier=f"{queue_id}.{action.value}",
            retry_until=item.arrived + self.give_up_seconds,
            tried_at=now,
        )
        made = prepare(render(report))
        self.journal.record(
            Agent.MQ,
            "reported",
            f"{action.value}: a report on {item.queue_id} goes to <{to}>",
            queue_id=queue_id,
            message_id=made.message_id,
        )
        self.journal.record(
            Agent.MQ,
            "bounced" if action is Action.FAILED else "reported",
            f"{action.value}: <{to}> is told by {queue_id}",
            queue_id=item.queue_id,
            message_id=item.message_id,
        )
        # only a lost failure is worth the postmaster's time
        notify: frozenset[str] = frozenset() if action is Action.FAILED else NEVER
        envelope = Envelope("", (Recipient(to, notify),), smtputf8=not to.isascii())
        return Enqueue(queue_id, envelope, made, made.message_id, now, BOUNCE)

    def _returns_whole(self, action: Action, item: QueueItem) -> bool:
        """RET decides for failures (RFC 3461 §4.3); without it, small messages go back whole."""
        if action is not Action.FAILED or item.envelope.dsn_return == "HDRS":
            return False
        return item.size_octets <= self.returns_octets * (16 if item.envelope.dsn_return == "FULL" else 1)

    def _note_dropped(self, item: QueueItem, failed: tuple[QueuedRecipient, ...]) -> None:
        addresses = ", ".join(f"<{queued.recipient.address}>" for queued in failed)
        self.journal.record(
            Agent.MQ,
            "dropped",
            f"mail from <> to {addresses} failed; nobody is told, so that no report answers a report",
            queue_id=item.queue_id,
            message_id=item.message_id,
        )


def success_to_tell(queued: QueuedRecipient) -> bool:
    """Whether the sender asked to hear that mail for this recipient arrived, and has not been told."""
    return queued.state is RecipientState.DELIVERED and "SUCCESS" in queued.recipient.notify


def told(queued: QueuedRecipient) -> QueuedRecipient:
    """The recipient once the report on its success is made."""
    notify = queued.recipient.notify - {"SUCCESS"} or NEVER
    return replace(queued, recipient=replace(queued.recipient, notify=notify))


def _success_of(queued: QueuedRecipient) -> Action:
    if queued.expanded:
        return Action.EXPANDED
    return Action.RELAYED if queued.remote else Action.DELIVERED


def _wants(recipient: Recipient, event: str) -> bool:
    """NOTIFY of RFC 3461 §4.1; without it failures and delays are told."""
    return event in recipient.notify if recipient.notify else True
