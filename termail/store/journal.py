"""The operation journal: user actions applied here at once, replayed to the server, undone when asked."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from termail.model.actions import (
    Action,
    CopyTo,
    CreateFolder,
    DeleteFolder,
    Expunge,
    MoveTo,
    RenameFolder,
    Rethread,
)
from termail.model.describe import describe
from termail.store.database import Database
from termail.store.effect import Effect, decode_effect, encode_effect
from termail.store.effects import NOWHERE, Effects
from termail.store.inverse import Inverse
from termail.store.pending import UNFINISHED, decode_action
from termail.store.places import Places
from termail.store.records import Operation

HISTORY_KEPT: Final = 500
"""Finished operations that stay for undo and for the list of what was done."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_COLUMNS: Final = "operation_id, account, action, state, created, attempts, next_try, reason, summary, effect"
_BARRIERS: Final = (Expunge, CreateFolder, DeleteFolder, RenameFolder)


class Journal:
    """See the module. Public methods are whole transactions; `record` runs inside one."""

    def __init__(
        self, database: Database, effects: Effects, places: Places, clock: Callable[[], float], holder: str
    ) -> None:
        self._database = database
        self._effects = effects
        self._places = places
        self._clock = clock
        self._holder = holder
        self._inverse = Inverse(database, effects)

    def perform(self, account: str, action: Action, summary: str) -> int:
        """Apply and record → operation id."""
        with self._database.transaction(durable=True):
            operation_id = self.record(account, action, summary)
            self._tidy()
        return operation_id

    def record(self, account: str, action: Action, summary: str = "", undoes: int = 0) -> int:
        """Apply an action and write it down, inside a transaction."""
        effect = self._effects.apply(account, action)
        return self._write(account, action, effect, summary, undoes)

    def undo(self, operation_id: int | None) -> str:
        """→ what was undone, in words. Raises LookupError."""
        with self._database.transaction(durable=True):
            row = self._database.query(
                f"SELECT {_COLUMNS} FROM operations WHERE undoes = 0 AND state IN ('pending', 'running', 'done')"
                " AND (? IS NULL OR operation_id = ?) AND NOT EXISTS (SELECT 1 FROM operations later"
                " WHERE later.undoes = operations.operation_id) ORDER BY operation_id DESC LIMIT 1",
                (operation_id, operation_id),
            ).fetchone()
            if row is None:
                raise LookupError("there is nothing to undo")
            operation, effect = _operation(row, ()), decode_effect(row[9])
            if operation.state == "pending":
                self._effects.revert(effect)
            else:
                for action, ready in self._inverse.actions(operation.action, effect):
                    self._write(
                        operation.account,
                        action,
                        ready or self._effects.apply(operation.account, action),
                        f"undo: {operation.summary}",
                        operation.operation_id,
                    )
            if operation.state != "running":  # a running one is told "undone" when it has ended
                self._set_state(operation.operation_id, "undone")
        return operation.summary

    def operations(self, *, include_done: bool) -> list[Operation]:
        """Oldest first; finished ones only on request."""
        chosen = "1" if include_done else f"state IN {UNFINISHED} OR state = 'failed'"
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM operations WHERE {chosen} ORDER BY operation_id"
        ).fetchall()
        return [_operation(row, self._messages(row[0])) for row in rows]

    def pending_count(self) -> int:
        """Operations that still have to reach a server."""
        return int(self._database.one(f"SELECT count(*) FROM operations WHERE state IN {UNFINISHED}"))

    def claim(self, account: str, now: float, limit: int) -> list[Operation]:
        """Take what is due, in order; no two of one batch touch the same message, and nothing overtakes an
        earlier operation on the same message. What a killed agent left running is taken up again."""
        with self._database.transaction(durable=True):
            self._database.query(
                "UPDATE operations SET state = 'pending' WHERE account = ? AND state = 'running' AND holder <> ?",
                (account, self._holder),
            )
            rows = self._database.query(
                f"SELECT {_COLUMNS} FROM operations WHERE account = ? AND state IN {UNFINISHED}"
                " ORDER BY operation_id",
                (account,),
            )
            chosen = self._due((_operation(row, self._messages(row[0])) for row in rows), now, limit)
            rows.close()
            self._database.query_many(
                "UPDATE operations SET state = 'running', attempts = attempts + 1, holder = ?"
                " WHERE operation_id = ?",
                [(self._holder, entry.operation_id) for entry in chosen],
            )
        return [msgspec.structs.replace(entry, state="running", attempts=entry.attempts + 1) for entry in chosen]

    def complete(self, operation_id: int) -> None:
        """The server has done it."""
        with self._database.transaction(durable=True):
            row = self._row(operation_id)
            operation, effect = _operation(row, ()), decode_effect(row[9])
            if isinstance(operation.action, MoveTo):
                self._arrive(effect, operation.action.folder_id)
            elif isinstance(operation.action, Expunge):
                for message_id, _ in effect.moved:
                    self._places.leave(message_id, NOWHERE)
            self._set_state(operation_id, "undone" if self._is_undone(operation_id) else "done")

    def defer(self, operation_id: int, next_try: float, reason: str) -> None:
        """The weather was bad: try again at `next_try`."""
        with self._database.transaction():
            self._database.query(
                "UPDATE operations SET state = 'pending', next_try = ?, reason = ? WHERE operation_id = ?"
                " AND state = 'running'",
                (next_try, reason, operation_id),
            )

    def fail(self, operation_id: int, reason: str) -> None:
        """The server refused for good: the local effect is taken back, the entry stays with its reason."""
        with self._database.transaction(durable=True):
            row = self._row(operation_id)
            if self._is_undone(operation_id):  # it is as if neither had been done
                self._database.query(
                    "UPDATE operations SET state = 'undone' WHERE undoes = ? AND state = 'pending'",
                    (operation_id,),
                )
            elif row[3] in ("pending", "running"):
                self._effects.revert(decode_effect(row[9]))
            self._set_state(operation_id, "failed")
            self._database.query("UPDATE operations SET reason = ? WHERE operation_id = ?", (reason, operation_id))

    def name_on_server(self, operation_id: int) -> str:
        """What the server calls the folder that a RenameFolder or DeleteFolder is about, until it is done."""
        effect = decode_effect(self._row(operation_id)[9])
        name = self._database.one("SELECT name FROM folders WHERE folder_id = ?", (effect.folder_id,))
        return effect.old_name or str(name or "")

    def _arrive(self, effect: Effect, folder_id: int) -> None:
        """Moved messages whose new uid nobody told are in the new folder under an unknown uid."""
        for message_id, _ in effect.moved:
            here = self._places.uid_of(message_id)
            if here is not None and here[0] != folder_id:
                self._places.leave(message_id, folder_id)

    def _due(self, operations: Iterable[Operation], now: float, limit: int) -> list[Operation]:
        chosen: list[Operation] = []
        blocked: set[int] = set()
        for position, entry in enumerate(operations):
            if len(chosen) == limit:
                break
            touched = {*entry.message_ids, *entry.results}
            if isinstance(entry.action, _BARRIERS):
                if position == 0 and entry.state == "pending" and entry.next_try <= now:
                    chosen.append(entry)
                break
            if entry.state == "pending" and entry.next_try <= now and not touched & blocked:
                chosen.append(entry)
            blocked |= touched
        return chosen

    def _write(self, account: str, action: Action, effect: Effect, summary: str, undoes: int) -> int:
        operation_id = self._database.query(
            "INSERT INTO operations (account, action, state, created, summary, effect, undoes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                _ENCODER.encode(action),
                "done" if isinstance(action, Rethread) else "pending",
                self._clock(),
                summary or describe(action),
                encode_effect(effect),
                undoes,
            ),
        ).lastrowid
        assert operation_id is not None
        touched = effect.touched()
        if isinstance(action, CopyTo):
            touched = tuple(entry for entry in action.message_ids if self._places.uid_of(entry) is not None)
        rows = [(operation_id, entry, 0) for entry in dict.fromkeys(touched)]
        rows += [(operation_id, entry, 1) for entry in effect.created]
        self._database.query_many(
            "INSERT INTO operation_messages (operation_id, message_id, is_result) VALUES (?, ?, ?)", rows
        )
        return operation_id

    def _messages(self, operation_id: int) -> list[tuple[int, int]]:
        return self._database.query(
            "SELECT message_id, is_result FROM operation_messages WHERE operation_id = ?", (operation_id,)
        ).fetchall()

    def _is_undone(self, operation_id: int) -> bool:
        return bool(self._database.one("SELECT 1 FROM operations WHERE undoes = ? LIMIT 1", (operation_id,)))

    def _row(self, operation_id: int) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._database.query(
            f"SELECT {_COLUMNS} FROM operations WHERE operation_id = ?",
            (operation_id,),
        ).fetchone()
        if row is None:
            raise LookupError(f"there is no operation {operation_id}")
        return row

    def _set_state(self, operation_id: int, state: str) -> None:
        self._database.query("UPDATE operations SET state = ? WHERE operation_id = ?", (state, operation_id))

    def _tidy(self) -> None:
        """Forget the oldest finished operations, and the expunged messages they alone could bring back."""
        rows = self._database.query(
            f"SELECT operation_id, effect FROM operations WHERE state NOT IN {UNFINISHED}"
            " AND operation_id <= (SELECT max(operation_id) FROM operations) - ? LIMIT 50",
            (HISTORY_KEPT,),
        ).fetchall()
        for operation_id, packed in rows:
            effect = decode_effect(packed)
            if self._database.one("SELECT hidden FROM folders WHERE folder_id = ?", (effect.folder_id,)):
                self._places.drop_folder(effect.folder_id)
            for message_id, _ in effect.moved:
                if self._database.one(
                    "SELECT 1 FROM messages WHERE message_id = ? AND folder_id = 0 AND remote_folder_id = 0",
                    (message_id,),
                ):
                    self._places.drop([message_id])
            self._database.query("DELETE FROM operation_messages WHERE operation_id = ?", (operation_id,))
            self._database.query("DELETE FROM operations WHERE operation_id = ?", (operation_id,))


def _operation(row: Sequence[Any], messages: Sequence[tuple[int, int]]) -> Operation:
    return Operation(
        operation_id=row[0],
        account=row[1],
        action=decode_action(row[2]),
        state=row[3],
        created=row[4],
        attempts=row[5],
        next_try=row[6],
        reason=row[7],
        summary=row[8],
        message_ids=tuple(entry for entry, is_result in messages if not is_result),
        results=tuple(entry for entry, is_result in messages if is_result),
    )
