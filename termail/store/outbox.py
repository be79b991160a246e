"""The durable outbox: messages on their way out, one row each."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from termail.mime.blind import for_editing
from termail.mime.delivery_report import read_report
from termail.mime.headers import header_end, summarize
from termail.model.actions import AppendTo, CreateFolder
from termail.model.outbox import OutboxItem, OutboxPart, OutboxState
from termail.store.database import Database
from termail.store.folders import Folders
from termail.store.journal import Journal
from termail.store.reading import pack, storable, unpack

SENT_KEPT: Final = 50
"""Sent items that stay in the list, so that the user sees what became of them."""
REPORTS_KEPT: Final = 50

_COLUMNS: Final = (
    "outbox_id, account, sender, recipients, subject, message_id_header, size_octets, state, queued, not_before,"
    " next_try, attempts, reason, transcript, is_remainder, wants_report, reports"
)
_TEXTS: Final = msgspec.msgpack.Decoder(tuple[str, ...])
_ENCODER: Final = msgspec.msgpack.Encoder()


class Outbox:
    """The local MTA's queue. Every write is durable: nobody else has these messages yet."""

    def __init__(
        self, database: Database, folders: Folders, journal: Journal, clock: Callable[[], float], holder: str
    ) -> None:
        self._database = database
        self._folders = folders
        self._journal = journal
        self._clock = clock
        self._holder = holder

    def queue(
        self,
        account: str,
        sender: str,
        recipients: Sequence[str],
        raw: bytes,
        not_before: float,
        wants_report: bool = False,
        fcc: str = "",
    ) -> int:
        """→ outbox id."""
        summary = storable(summarize(raw[: header_end(raw)[0]]))
        with self._database.transaction(durable=True):
            outbox_id = self._database.query(
                "INSERT INTO outbox (account, sender, recipients, subject, message_id_header, size_octets, state,"
                " queued, not_before, raw, wants_report, fcc) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)",
                (
                    *(account, sender, _ENCODER.encode(tuple(recipients)), summary.subject, summary.message_id),
                    *(len(raw), self._clock(), not_before, pack(raw), wants_report, fcc),
                ),
            ).lastrowid
        assert outbox_id is not None
        return outbox_id

    def items(self) -> list[OutboxItem]:
        """Oldest first; the latest sent ones included."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM outbox WHERE state <> 'sent' OR outbox_id IN"
            " (SELECT outbox_id FROM outbox WHERE state = 'sent' ORDER BY outbox_id DESC LIMIT ?)"
            " ORDER BY outbox_id",
            (SENT_KEPT,),
        )
        return [_item(row) for row in rows]

    def item(self, outbox_id: int) -> OutboxItem:
        """Raises LookupError."""
        row = self._database.query(f"SELECT {_COLUMNS} FROM outbox WHERE outbox_id = ?", (outbox_id,)).fetchone()
        if row is None:
            raise LookupError(f"the outbox does not hold message {outbox_id}")
        return _item(row)

    def raw(self, outbox_id: int) -> bytes:
        """Raises LookupError."""
        packed = self._database.one("SELECT raw FROM outbox WHERE outbox_id = ?", (outbox_id,))
        if not packed:
            raise LookupError(f"the outbox does not hold message {outbox_id}")
        return unpack(packed)

    def claim(self, now: float) -> OutboxItem | None:
        """The next due item, SENDING from now on."""
        with self._database.transaction(durable=True):
            self._database.query(
                "UPDATE outbox SET state = CASE data_sent WHEN 1 THEN 'possibly sent' ELSE 'deferred' END,"
                " reason = 'the program was stopped while sending' WHERE state = 'sending' AND holder <> ?",
                (self._holder,),
            )
            row = self._database.query(
                f"SELECT {_COLUMNS} FROM outbox WHERE state IN ('queued', 'deferred') AND not_before <= ?"
                " AND next_try <= ? ORDER BY max(not_before, next_try), outbox_id LIMIT 1",
                (now, now),
            ).fetchone()
            if row is None:
                return None
            self._database.query(
                "UPDATE outbox SET state = 'sending', attempts = attempts + 1, holder = ?, data_sent = 0"
                " WHERE outbox_id = ?",
                (self._holder, row[0]),
            )
        return msgspec.structs.replace(_item(row), state=OutboxState.SENDING, attempts=row[11] + 1)

    def note_data_sent(self, outbox_id: int) -> None:
        """From here a crash means "possibly sent"."""
        with self._database.transaction(durable=True):
            self._database.query("UPDATE outbox SET data_sent = 1 WHERE outbox_id = ?", (outbox_id,))

    def put_parts(self, outbox_id: int, parts: Sequence[OutboxPart], transcript: Sequence[str]) -> None:
        """How an attempt ended; the first part keeps the id, the others become items of their own. A part that was
        sent also files the message under Sent, once."""
        with self._database.transaction(durable=True):
            row = self._database.query(
                "SELECT account, state, message_id_header, raw, is_remainder, fcc FROM outbox WHERE outbox_id = ?",
                (outbox_id,),
            ).fetchone()
            if row is None:
                raise LookupError(f"the outbox does not hold message {outbox_id}")
            is_sent = any(part.state is OutboxState.SENT for part in parts)
            packed = _ENCODER.encode(tuple(transcript))
            for part in parts[1:]:
                self._copy(outbox_id, part, packed, is_remainder=row[4] or is_sent)
            self._database.query(
                "UPDATE outbox SET state = ?, recipients = ?, reason = ?, next_try = ?, transcript = ?,"
                " is_remainder = ? WHERE outbox_id = ?",
                (*_values(parts[0]), packed, row[4] or (is_sent and len(parts) > 1), outbox_id),
            )
            if is_sent and row[1] != "sent":
                if not row[4]:
                    self._file(row[0], unpack(row[3]), row[2], row[5])
                self._tidy()

    def cancel(self, outbox_id: int) -> bytes | None:
        """Take a message back → its octets, blind recipients in a Bcc field, those who have it already left out;
        None when it is being sent or was."""
        with self._database.transaction(durable=True):
            row = self._database.query(
                "SELECT raw, recipients, is_remainder FROM outbox"
                " WHERE outbox_id = ? AND state NOT IN ('sending', 'sent')",
                (outbox_id,),
            ).fetchone()
            if row is None:
                return None
            self._database.query("DELETE FROM outbox WHERE outbox_id = ?", (outbox_id,))
        return for_editing(unpack(row[0]), _TEXTS.decode(row[1]), only_these=bool(row[2]))

    def requeue(self, outbox_id: int, recipients: Sequence[str] | None, not_before: float) -> bool:
        """Try again what failed, waits or was possibly sent, to other recipients when given → False when it is
        being sent, was, or is gone."""
        packed = None if recipients is None else _ENCODER.encode(tuple(recipients))
        with self._database.transaction(durable=True):
            changed = self._database.query(
                "UPDATE outbox SET state = 'queued', reason = '', next_try = 0, attempts = 0, queued = ?,"
                " not_before = ?, recipients = coalesce(?, recipients), data_sent = 0"
                " WHERE outbox_id = ? AND state NOT IN ('sending', 'sent')",
                (self._clock(), not_before, packed, outbox_id),
            ).rowcount
        return changed > 0

    def note_report(self, raw: bytes) -> None:
        """A delivery report came: the message it is about, when it was sent from here lately, keeps its words."""
        report = read_report(raw)
        if report is None:
            return
        with self._database.transaction():
            for outbox_id, packed in self._database.query(
                "SELECT outbox_id, reports FROM outbox WHERE message_id_header = ? AND message_id_header <> ''",
                (report.message_id,),
            ).fetchall():
                known = _TEXTS.decode(packed)
                words = tuple(dict.fromkeys((*known, *report.texts)))[-REPORTS_KEPT:]
                self._database.query(
                    "UPDATE outbox SET reports = ? WHERE outbox_id = ?", (_ENCODER.encode(words), outbox_id)
                )

    def _copy(self, outbox_id: int, part: OutboxPart, transcript: bytes, *, is_remainder: bool) -> None:
        self._database.query(
            "INSERT INTO outbox (account, sender, subject, message_id_header, size_octets, queued, not_before,"
            " attempts, raw, wants_report, fcc, state, recipients, reason, next_try, transcript, is_remainder)"
            " SELECT account, sender, subject, message_id_header, size_octets, queued, not_before, attempts, raw,"
            " wants_report, fcc, ?, ?, ?, ?, ?, ? FROM outbox WHERE outbox_id = ?",
            (*_values(part), transcript, is_remainder and part.state is not OutboxState.SENT, outbox_id),
        )

    def _file(self, account: str, raw: bytes, message_id_header: str, fcc: str) -> None:
        """Into the folder of its Fcc; into Sent, made when there is none, when it names no folder there is."""
        wished = self._folders.named(account, fcc) if fcc else None
        sent = wished or self._folders.with_role(account, "sent")
        sent = sent or self._folders.named(account, "Sent")
        if sent is None:
            self._journal.record(account, CreateFolder(account, "Sent"))
            sent = self._folders.named(account, "Sent")
            assert sent is not None
            self._folders.set_role(sent.folder_id, "sent")
        self._journal.record(
            account, AppendTo(sent.folder_id, raw, ("\\Seen",), message_id_header), "keep a copy of what was sent"
        )

    def _tidy(self) -> None:
        self._database.query(
            "DELETE FROM outbox WHERE state = 'sent' AND outbox_id NOT IN"
            " (SELECT outbox_id FROM outbox WHERE state = 'sent' ORDER BY outbox_id DESC LIMIT ?)",
            (SENT_KEPT,),
        )


def _values(part: OutboxPart) -> tuple[str, bytes, str, float]:
    return part.state.value, _ENCODER.encode(part.recipients), part.reason, part.next_try


def _item(row: Sequence[Any]) -> OutboxItem:
    return OutboxItem(
        outbox_id=row[0],
        account=row[1],
        sender=row[2],
        recipients=_TEXTS.decode(row[3]),
        subject=row[4],
        message_id_header=row[5],
        size_octets=row[6],
        state=OutboxState(row[7]),
        queued=row[8],
        not_before=row[9],
        next_try=row[10],
        attempts=row[11],
        reason=row[12],
        transcript=_TEXTS.decode(row[13]),
        is_remainder=bool(row[14]),
        wants_report=bool(row[15]),
        reports=_TEXTS.decode(row[16]),
    )
