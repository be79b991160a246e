"""One group of commits in one transaction: who gets which results, and what happens when one of them fails."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bundled_server.mailbox.changes import (
    AddMessage,
    Change,
    ClaimRecent,
    CopyMessages,
    CreateMailbox,
    DeleteMailbox,
    DeleteUser,
    Enqueue,
    Expunge,
    PutUser,
    RemoveFromQueue,
    RenameMailbox,
    StoreFlags,
    Subscribe,
    UpdateQueue,
)
from bundled_server.mailbox.records import DeleteRecords, PutRecords
from bundled_server.mailbox.sqlite import (
    mailbox_changes,
    message_changes,
    queue_changes,
    record_changes,
    training_changes,
)
from bundled_server.mailbox.sqlite.workspace import Workspace
from bundled_server.mailbox.store import StoreError, StoreUnavailable
from bundled_server.mailbox.training import ExpireTokens, ForgetTraining, TrainTokens

APPLY: Final[dict[type, Callable[[Workspace, Any], Any]]] = {
    AddMessage: message_changes.add_message,
    CopyMessages: message_changes.copy_messages,
    StoreFlags: message_changes.store_flags,
    Expunge: message_changes.expunge,
    ClaimRecent: message_changes.claim_recent,
    CreateMailbox: mailbox_changes.create_mailbox,
    DeleteMailbox: mailbox_changes.delete_mailbox,
    RenameMailbox: mailbox_changes.rename_mailbox,
    Subscribe: mailbox_changes.subscribe,
    PutUser: mailbox_changes.put_user,
    DeleteUser: mailbox_changes.delete_user,
    Enqueue: queue_changes.enqueue,
    UpdateQueue: queue_changes.update_queue,
    RemoveFromQueue: queue_changes.remove_from_queue,
    PutRecords: record_changes.put_records,
    DeleteRecords: record_changes.delete_records,
    TrainTokens: training_changes.train_tokens,
    ExpireTokens: training_changes.expire_tokens,
    ForgetTraining: training_changes.forget_training,
}

NOT_TEXT: Final = "the text cannot be stored: it is not valid Unicode"


@dataclass(slots=True)
class Job:
    """The changes of one caller, and its answer: `results` or `fault`. Nobody waits when there is no answer."""

    changes: tuple[Change, ...]
    answer: "asyncio.Future[tuple[Any, ...]] | None"
    growth_octets: int
    results: tuple[Any, ...] = ()
    fault: Exception | None = None


def growth_octets(changes: Iterable[Change]) -> int:
    """About how much the database grows by these changes."""
    return sum(
        2048 + (len(change.content.data) if isinstance(change, AddMessage | Enqueue) else 0) for change in changes
    )


class _Spoiled(Exception):
    """A caller failed after it had written: the transaction cannot be kept."""


def translated(error: Exception) -> Exception:
    """The store's own word for a foreign exception."""
    match error:
        case sqlite3.IntegrityError() | sqlite3.ProgrammingError() | sqlite3.InterfaceError():
            return StoreError(str(error))
        case sqlite3.Error():
            return StoreUnavailable(str(error))
        case UnicodeError():
            return StoreError(NOT_TEXT)
        case _:
            return error


def run_group(work: Workspace, jobs: Sequence[Job]) -> None:
    """Commit the jobs together and give each its results or its fault. A caller that fails before it wrote
    anything is answered and passed over; when one fails later, or the database does, everything is rolled back
    and each job gets a transaction of its own. Nothing is raised for a job's fault."""
    try:
        _run_together(work, jobs)
    except (_Spoiled, sqlite3.Error, UnicodeError, OverflowError) as reason:
        _roll_back(work)
        if len(jobs) > 1 and not _is_locked(reason):
            for job in jobs:
                run_group(work, [job])
            return
        for job in jobs:
            job.results, job.fault = (), job.fault or translated(reason)


def _run_together(work: Workspace, jobs: Sequence[Job]) -> None:
    connection = work.connection
    connection.execute("BEGIN IMMEDIATE")
    work.begin(change for job in jobs for change in job.changes)
    for job in jobs:
        job.results, job.fault = (), None
        before = work.writes
        try:
            job.results = tuple([APPLY[type(change)](work, change) for change in job.changes])
        except sqlite3.Error:
            raise
        except Exception as fault:  # whatever it is, it goes to the caller and to nobody else
            job.fault = translated(fault)
            if work.writes != before:
                raise _Spoiled from fault
    work.flush()
    connection.execute("COMMIT")
    work.committed()


def _roll_back(work: Workspace) -> None:
    work.forget()
    if work.connection.in_transaction:
        work.connection.rollback()


def _is_locked(reason: Exception) -> bool:
    return isinstance(reason, sqlite3.OperationalError) and "locked" in str(reason)
