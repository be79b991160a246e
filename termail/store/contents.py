"""The octets and the searchable text of messages, shared by their copies."""

from termail.store.database import Database
from termail.store.reading import pack, unpack


class Contents:
    """Header block, whole message, and the full-text index over them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, text: tuple[str, str, str, str], packed_header: bytes, packed_raw: bytes | None) -> int:
        """`text` is subject, sender, recipients, body. Inside a transaction → content id."""
        content_id = self._database.query(
            "INSERT INTO contents (subject, sender, recipients, body, header) VALUES (?, ?, ?, ?, ?)",
            (*text, packed_header),
        ).lastrowid
        assert content_id is not None
        self._database.query(
            "INSERT INTO words (rowid, subject, sender, recipients, body) VALUES (?, ?, ?, ?, ?)",
            (content_id, *text),
        )
        if packed_raw is not None:
            self._database.query("INSERT INTO bodies (content_id, raw) VALUES (?, ?)", (content_id, packed_raw))
        return content_id

    def put_raw(self, content_id: int, raw: bytes, body_text: str) -> None:
        """The whole message has come: inside a transaction."""
        self.put_text(content_id, body_text)
        self._database.query(
            "INSERT OR REPLACE INTO bodies (content_id, raw) VALUES (?, ?)", (content_id, pack(raw))
        )
        self._drop_pieces(content_id)

    def put_text(self, content_id: int, body_text: str) -> None:
        """What is searched of a message: inside a transaction."""
        if self._database.one("SELECT body FROM contents WHERE content_id = ?", (content_id,)) == body_text:
            return
        self._forget_words(content_id)
        self._database.query("UPDATE contents SET body = ? WHERE content_id = ?", (body_text, content_id))
        self._database.query(
            "INSERT INTO words (rowid, subject, sender, recipients, body)"
            " SELECT content_id, subject, sender, recipients, body FROM contents WHERE content_id = ?",
            (content_id,),
        )

    def note_text_read(self, content_id: int) -> None:
        """Its text is here although its octets are not: inside a transaction."""
        self._database.query("INSERT OR IGNORE INTO texts_read (content_id) VALUES (?)", (content_id,))

    def drop_unused(self, content_id: int) -> None:
        """Remove a content no message has any more: inside a transaction."""
        if self._database.one("SELECT 1 FROM messages WHERE content_id = ? LIMIT 1", (content_id,)):
            return
        self._forget_words(content_id)
        self._database.query("DELETE FROM contents WHERE content_id = ?", (content_id,))
        self._database.query("DELETE FROM bodies WHERE content_id = ?", (content_id,))
        self._drop_pieces(content_id)
        self._database.query("DELETE FROM texts_read WHERE content_id = ?", (content_id,))

    def put_skeleton(self, content_id: int, raw: bytes, body_text: str) -> None:
        """A message without its large parts: inside a transaction."""
        self.put_text(content_id, body_text)
        self._database.query(
            "INSERT OR REPLACE INTO skeletons (content_id, raw) VALUES (?, ?)", (content_id, pack(raw))
        )

    def skeleton(self, message_id: int) -> bytes | None:
        """None when none was fetched."""
        packed = self._database.one(
            "SELECT raw FROM skeletons JOIN messages USING (content_id) WHERE message_id = ?", (message_id,)
        )
        return None if packed is None else unpack(packed)

    def put_part(self, content_id: int, section: str, octets: bytes) -> None:
        """One part that was fetched alone: inside a transaction."""
        self._database.query(
            "INSERT OR REPLACE INTO parts (content_id, section, octets) VALUES (?, ?, ?)",
            (content_id, section, pack(octets)),
        )

    def part(self, message_id: int, section: str) -> bytes | None:
        """None when it was not fetched."""
        packed = self._database.one(
            "SELECT octets FROM parts JOIN messages USING (content_id) WHERE message_id = ? AND section = ?",
            (message_id, section),
        )
        return None if packed is None else unpack(packed)

    def _drop_pieces(self, content_id: int) -> None:
        for table in ("skeletons", "parts"):
            self._database.query(f"DELETE FROM {table} WHERE content_id = ?", (content_id,))

    def header(self, message_id: int) -> bytes:
        """The raw header block; b"" when the message is gone."""
        packed = self._database.one(
            "SELECT header FROM contents JOIN messages USING (content_id) WHERE message_id = ?",
            (message_id,),
        )
        return b"" if packed is None else unpack(packed)

    def raw(self, message_id: int) -> bytes | None:
        """The whole message when it is held."""
        packed = self._database.one(
            "SELECT raw FROM bodies JOIN messages USING (content_id) WHERE message_id = ?",
            (message_id,),
        )
        return None if packed is None else unpack(packed)

    def _forget_words(self, content_id: int) -> None:
        """An external-content index is told the old text when a row leaves it (SQLite FTS5 §4.4.3)."""
        self._database.query(
            "INSERT INTO words (words, rowid, subject, sender, recipients, body)"
            " SELECT 'delete', content_id, subject, sender, recipients, body FROM contents WHERE content_id = ?",
            (content_id,),
        )
