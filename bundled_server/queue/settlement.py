"""From the outcomes of one attempt to the changes of the queue: done, later, failed; reports included."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bundled_server.courier import Outcome, Verdict
from bundled_server.journal import Agent, Journal, Step
from bundled_server.mailbox.changes import (
    Change,
    Enqueue,
    QueuedRecipient,
    RecipientState,
    RemoveFromQueue,
    UpdateQueue,
)
from bundled_server.queue.bounce import Reporter, success_to_tell, told
from bundled_server.queue.job import Errand, Job
from bundled_server.queue.schedule import RetrySchedule

EXPIRED_STATUS = "4.4.7"


@dataclass(frozen=True, slots=True)
class Settler:
    """Decides; commits nothing itself."""

    schedule: RetrySchedule
    reporter: Reporter
    journal: Journal
    now: Callable[[], float]
    delay_notice_seconds: float

    def will_report(self, job: Job) -> bool:
        """Whether another failure now is told to the sender, so that the content is needed."""
        item, age = job.item, self.now() - job.item.arrived
        return age >= self.schedule.give_up_seconds or (age >= self.delay_notice_seconds and not item.warned)

    def settle(self, errand: Errand, outcomes: Iterable[Outcome]) -> tuple[Change, ...]:
        """Note the outcomes in the job and answer what has to be committed. The last destination of a job settles
        for all of them: only then is it known whether the item may go, and which reports its sender gets. Until
        then only deliveries are written down, because they alone must never be repeated."""
        job = errand.job
        outcomes = tuple(outcomes)
        if errand.is_whole_job and not job.dropped and _all_well(outcomes):
            job.pending -= 1
            return (RemoveFromQueue(job.item.queue_id),)
        now = self.now()
        before = {queued.recipient.address: queued for queued in errand.recipients}
        decided = [self._decided(job, before[outcome.recipient.address], outcome, now) for outcome in outcomes]
        for queued in decided:
            job.states[queued.recipient.address] = queued
        job.pending -= 1
        queue_id = job.item.queue_id
        if job.dropped:
            return ()
        if job.pending:
            delivered = tuple(queued for queued in decided if queued.state is RecipientState.DELIVERED)
            return (UpdateQueue(queue_id, delivered),) if delivered else ()
        return self._end_of_round(job, now)

    def _end_of_round(self, job: Job, now: float) -> tuple[Change, ...]:
        item = job.item
        recipients = job.recipients()
        waiting = [queued for queued in recipients if queued.state is RecipientState.WAITING]
        new = dict(job.states)
        # a success of an earlier round is still to be told when the server was killed before the round was over
        arrived = {queued.recipient.address: queued for queued in recipients if success_to_tell(queued)}
        reports: list[Enqueue] = []
        if arrived or any(queued.state is RecipientState.FAILED for queued in new.values()):
            news = [queued for queued in recipients if queued.recipient.address in new | arrived]
            reports += self.reporter.final_reports(item, news, job.content, now)
            new |= {address: told(queued) for address, queued in arrived.items()}
        if not waiting:
            return (*reports, RemoveFromQueue(item.queue_id))
        warned = None
        if not item.warned and now - item.arrived >= self.delay_notice_seconds:
            reports += self.reporter.delay_notices(item, waiting, job.content, now)
            warned = True
        return (*reports, UpdateQueue(item.queue_id, tuple(new.values()), warned=warned))

    def _decided(self, job: Job, queued: QueuedRecipient, outcome: Outcome, now: float) -> QueuedRecipient:
        attempted = replace(
            queued,
            attempts=queued.attempts + 1,
            status=outcome.status,
            text=outcome.text,
            remote=outcome.remote,
            expanded=outcome.expanded,
        )
        match outcome.verdict:
            case Verdict.DELIVERED:
                arrived = replace(attempted, state=RecipientState.DELIVERED)
                return told(arrived) if outcome.dsn_passed_on else arrived
            case Verdict.REFUSED:
                self._note(job, "refused", attempted)
                return replace(attempted, state=RecipientState.FAILED)
            case Verdict.DEFERRED:
                next_try = self.schedule.next_try(attempted.attempts, job.item.arrived, now)
                if next_try is None:
                    self._note(job, "given up", attempted)
                    return replace(attempted, state=RecipientState.FAILED, status=EXPIRED_STATUS)
                self._note(job, "deferred", attempted, f"; next try in {next_try - now:.0f} s")
                return replace(attempted, next_try=next_try)

    def _note(self, job: Job, kind: str, queued: QueuedRecipient, more: str = "") -> None:
        by = f" [{queued.remote}]" if queued.remote else ""
        self.journal.record(
            Agent.MQ,
            kind,
            f"<{queued.recipient.address}>: {queued.status} {queued.text}{by}{more}",
            step=Step.LMTA_QUEUE if job.item.origin == "submission" else Step.RELAY,
            queue_id=job.item.queue_id,
            message_id=job.item.message_id,
        )


def _all_well(outcomes: tuple[Outcome, ...]) -> bool:
    """Delivered to everybody, and nobody asked to be told: the commonest end."""
    return all(o.verdict is Verdict.DELIVERED and "SUCCESS" not in o.recipient.notify for o in outcomes)
