"""Messages coming in from a server: put into folder, thread and full-text index."""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from termail.mime.headers import HeaderSummary, header_end, summarize
from termail.store import flags as flag_bits
from termail.store import reading
from termail.store.contents import Contents
from termail.store.database import Database
from termail.store.folders import Folders
from termail.store.lineage import Lineage
from termail.store.pending import PendingFlags
from termail.store.places import Places
from termail.store.records import Arrived

CHUNK: Final = 200
"""Messages in one transaction: some 20 ms, so that no key waits long."""
CHUNK_OCTETS: Final = 2_000_000
_INSERT: Final = (
    "INSERT INTO messages (folder_id, remote_folder_id, uid, content_id, node_id, thread_id, parent_id, flags,"
    " date, received, size_octets, lines, has_body, attachment_count, to_me, keywords, sender_name,"
    " sender_address, to_shown, subject, message_id_header, list_id, to_text, cc_text, content_type,"
    " attachment_names, uidl)"
    f" VALUES ({', '.join('?' * 27)})"
)


class _Ready(msgspec.Struct):
    """A message read and waiting for its transaction: reading happens outside, transactions stay short."""

    arrived: Arrived
    summary: HeaderSummary
    body: reading.BodyFacts
    sender: str
    to: str
    cc: str
    header: bytes
    raw: bytes | None


class Arrivals:
    """The MRA's way in."""

    def __init__(
        self, database: Database, folders: Folders, contents: Contents, places: Places, pending: PendingFlags
    ) -> None:
        self._database = database
        self._folders = folders
        self._contents = contents
        self._lineage = Lineage(database)
        self._places = places
        self._pending = pending

    def add(self, folder_id: int, arrived: Sequence[Arrived]) -> list[int]:
        """Insert, or update where the uid is known → message ids in order."""
        account = self._folders.account_of(folder_id)
        mine = self._folders.addresses(account)
        ids: list[int] = []
        for chunk in _chunks(arrived):
            ready = [_read(entry) for entry in chunk]
            with self._database.transaction():
                account_id = self._folders.account_id(account)
                expected = self._places.expected(folder_id, [entry.uid for entry in chunk])
                ids.extend(self._put(account_id, folder_id, entry, mine, expected) for entry in ready)
        return ids

    def add_local(self, account: str, folder_id: int, raw: bytes, flags: Sequence[str], received: float) -> int:
        """A message of our own (Fcc, a draft), not on the server yet: inside a transaction → message id."""
        entry = Arrived(
            uid=0,
            flags=frozenset(flags),
            internal_date=received,
            size_octets=len(raw),
            header=raw[: header_end(raw)[0]],
            raw=raw,
        )
        return self._insert(
            self._folders.account_id(account), folder_id, _read(entry), self._folders.addresses(account)
        )

    def put_raw(self, message_id: int, raw: bytes) -> None:
        """The whole of a message whose header is here."""
        facts = reading.read_body(raw)
        with self._database.transaction():
            self._put_raw(message_id, raw, facts)

    def put_skeleton(self, message_id: int, raw: bytes) -> None:
        """A message without its large parts."""
        facts = reading.read_body(raw)
        with self._database.transaction():
            content_id = self._content_of(message_id)
            if content_id is not None:
                self._contents.put_skeleton(content_id, raw, facts.text)
                self._put_facts(content_id, facts, len(raw))

    def put_part(self, message_id: int, section: str, octets: bytes) -> None:
        """One of those parts."""
        with self._database.transaction():
            content_id = self._content_of(message_id)
            if content_id is not None:
                self._contents.put_part(content_id, section, octets)

    def _content_of(self, message_id: int) -> int | None:
        found = self._database.one("SELECT content_id FROM messages WHERE message_id = ?", (message_id,))
        return None if found is None else int(found)

    def put_flags(self, folder_id: int, flags: Mapping[int, frozenset[str]]) -> list[int]:
        """Flags by uid as the server has them → message ids that changed."""
        differing = []
        for uid, message_id, bits, packed in self._flags_of(folder_id, flags):
            wanted = flags.get(uid)
            if wanted is None:
                continue
            new_bits, keywords = flag_bits.split(wanted)
            if new_bits != bits & ~flag_bits.OLD or flag_bits.pack(keywords) != packed:
                differing.append((message_id, wanted))
        changed: list[int] = []
        for start in range(0, len(differing), CHUNK):
            with self._database.transaction():
                part = differing[start : start + CHUNK]
                changed.extend(message_id for message_id, wanted in part if self._put_flags(message_id, wanted))
        return changed

    def _flags_of(self, folder_id: int, wanted: Mapping[int, frozenset[str]]) -> list[tuple[int, int, int, str]]:
        """(uid, message, bits, keywords): a few by their uids, many by reading the folder through."""
        columns = "uid, message_id, flags, keywords"
        if len(wanted) <= CHUNK:
            return self._database.query(
                f"SELECT {columns} FROM json_each(?) CROSS JOIN messages"
                " WHERE remote_folder_id = ? AND uid = value AND uid > 0",
                (json.dumps(list(wanted)), folder_id),
            ).fetchall()
        return self._database.query(
            f"SELECT {columns} FROM messages WHERE remote_folder_id = ? AND uid > 0", (folder_id,)
        ).fetchall()

    def _put(
        self, account_id: int, folder_id: int, ready: _Ready, mine: frozenset[str], expected: set[int] | None
    ) -> int:
        """`expected` are the uids of the chunk that may be known; None when any may be."""
        entry = ready.arrived
        known = None
        if expected is None or not entry.uid or entry.uid in expected:
            known = self._places.known(folder_id, entry, ready.summary.message_id)
        if known is None:
            if expected is not None:
                expected.add(entry.uid)
            return self._insert(account_id, folder_id, ready, mine)
        self._put_flags(known, entry.flags)
        if entry.raw is not None:
            self._put_raw(known, entry.raw, ready.body)
        return known

    def _put_flags(self, message_id: int, wanted: frozenset[str]) -> bool:
        row = self._database.query(
            "SELECT flags, keywords FROM messages WHERE message_id = ?", (message_id,)
        ).fetchone()
        if row is None:
            return False
        server_bits, server_keywords = flag_bits.split(wanted)
        bits, keywords = self._pending.applied(message_id, server_bits, server_keywords)
        bits |= row[0] & flag_bits.OLD
        packed = flag_bits.pack(keywords)
        if (bits, packed) == tuple(row):
            return False
        self._database.query(
            "UPDATE messages SET flags = ?, keywords = ? WHERE message_id = ?", (bits, packed, message_id)
        )
        return True

    def _put_raw(self, message_id: int, raw: bytes, facts: reading.BodyFacts) -> None:
        content_id = self._database.one("SELECT content_id FROM messages WHERE message_id = ?", (message_id,))
        if content_id is None:
            return
        self._contents.put_raw(content_id, raw, facts.text)
        self._put_facts(content_id, facts, len(raw))
        self._database.query("UPDATE messages SET has_body = 1 WHERE content_id = ?", (content_id,))

    def put_texts(self, read: Sequence[tuple[int, bytes]]) -> None:
        """What whole messages tell, without keeping them."""
        facts = [(message_id, reading.read_body(raw), len(raw)) for message_id, raw in read]
        with self._database.transaction():
            for message_id, found, size in facts:
                content_id = self._database.one(
                    "SELECT content_id FROM messages WHERE message_id = ?", (message_id,)
                )
                if content_id is not None:
                    self._contents.put_text(content_id, found.text)
                    self._contents.note_text_read(content_id)
                    self._put_facts(content_id, found, size)

    def without_text(self, folder_id: int) -> "array[int]":
        """Messages whose text nobody has read yet, oldest first."""
        rows = self._database.query(
            "SELECT message_id FROM messages WHERE folder_id = ? AND remote_folder_id = folder_id AND uid > 0"
            " AND has_body = 0 AND content_id NOT IN (SELECT content_id FROM texts_read) ORDER BY date",
            (folder_id,),
        )
        return array("q", (message_id for (message_id,) in rows))

    def _put_facts(self, content_id: int, facts: reading.BodyFacts, size: int) -> None:
        self._database.query(
            "UPDATE messages SET lines = ?, attachment_count = ?, attachment_names = ?,"
            " size_octets = CASE size_octets WHEN 0 THEN ? ELSE size_octets END WHERE content_id = ?",
            (facts.lines, facts.attachment_count, facts.attachment_names, size, content_id),
        )

    def _insert(self, account_id: int, folder_id: int, ready: _Ready, mine: frozenset[str]) -> int:
        entry, summary, body = ready.arrived, ready.summary, ready.body
        text = (summary.subject, ready.sender, f"{ready.to} {ready.cc}", body.text)
        content_id = self._contents.add(text, ready.header, ready.raw)
        node = self._lineage.place(account_id, summary.message_id, summary.references)
        bits, keywords = flag_bits.split(entry.flags)
        name, address = summary.from_[0] if summary.from_ else ("", "")
        message_id = self._database.query(
            _INSERT,
            (
                *(folder_id, folder_id, entry.uid, content_id, node.node_id, node.thread_id, node.parent_id, bits),
                *(summary.date or entry.internal_date, entry.internal_date, entry.size_octets, body.lines),
                *(entry.raw is not None, body.attachment_count, reading.to_me(summary, mine)),
                *(flag_bits.pack(keywords), name, address, reading.shown_recipients(summary.to), summary.subject),
                *(summary.message_id, summary.list_id, ready.to, ready.cc),
                *(summary.content_type, body.attachment_names, entry.uidl),
            ),
        ).lastrowid
        assert message_id is not None
        return message_id


def _read(entry: Arrived) -> _Ready:
    header = entry.header
    if not header and entry.raw is not None:
        header = entry.raw[: header_end(entry.raw)[0]]
    summary = reading.storable(summarize(header))
    if entry.raw is not None:
        body, raw = reading.read_body(entry.raw), reading.pack(entry.raw)
    else:
        body, raw = (
            reading.BodyFacts("", 0, *reading.read_structure(entry.body_structure, summary.content_type)),
            None,
        )
    return _Ready(
        entry,
        summary,
        body,
        reading.people(summary.from_),
        reading.people(summary.to),
        reading.people(summary.cc),
        reading.pack(header),
        raw,
    )


def _chunks(arrived: Sequence[Arrived]) -> Iterator[list[Arrived]]:
    chunk: list[Arrived] = []
    octets = 0
    for entry in arrived:
        chunk.append(entry)
        octets += len(entry.raw or b"")
        if len(chunk) == CHUNK or octets > CHUNK_OCTETS:
            yield chunk
            chunk, octets = [], 0
    if chunk:
        yield chunk
