"""The tables of the local store, and the steps that bring an older file up to date."""

import sqlite3
from typing import Final

_FIRST: Final = """
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE,
    addresses TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE folders (
    folder_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT '',
    selectable INTEGER NOT NULL DEFAULT 1,
    hidden INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    uid_validity INTEGER NOT NULL DEFAULT 0,
    uid_next INTEGER NOT NULL DEFAULT 0,
    highest_modseq INTEGER NOT NULL DEFAULT 0,
    complete_above_uid INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX folders_by_name ON folders (account, name) WHERE hidden = 0;

-- What copies of one message share. The text columns are the content of the full-text index.
CREATE TABLE contents (
    content_id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    header BLOB NOT NULL,
    body TEXT NOT NULL DEFAULT ''
);
CREATE TABLE bodies (content_id INTEGER PRIMARY KEY, raw BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    subject, sender, recipients, body,
    content = 'contents', content_rowid = 'content_id', tokenize = 'unicode61 remove_diacritics 2'
);

-- A node is a Message-ID somebody mentioned, held here or not: threads are trees of nodes.
CREATE TABLE nodes (
    node_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    message_id_header TEXT,
    parent_id INTEGER NOT NULL DEFAULT 0,
    thread_id INTEGER NOT NULL
);
CREATE UNIQUE INDEX nodes_by_header ON nodes (account_id, message_id_header) WHERE message_id_header IS NOT NULL;
CREATE INDEX nodes_by_thread ON nodes (thread_id);
CREATE INDEX nodes_by_parent ON nodes (parent_id) WHERE parent_id <> 0;

-- folder_id: where the user sees it (0: nowhere, expunged). remote_folder_id, uid: where the server has it.
CREATE TABLE messages (
    message_id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder_id INTEGER NOT NULL,
    remote_folder_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    content_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    parent_id INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    date REAL NOT NULL,
    received REAL NOT NULL,
    size_octets INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    has_body INTEGER NOT NULL,
    attachment_count INTEGER NOT NULL,
    to_me TEXT NOT NULL,
    keywords TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    sender_address TEXT NOT NULL,
    to_shown TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id_header TEXT NOT NULL,
    list_id TEXT NOT NULL,
    to_text TEXT NOT NULL,
    cc_text TEXT NOT NULL,
    content_type TEXT NOT NULL,
    attachment_names TEXT NOT NULL,
    uidl TEXT NOT NULL
);
CREATE INDEX messages_by_date ON messages (folder_id, date, flags);
CREATE INDEX messages_by_thread ON messages (folder_id, thread_id, date, node_id, parent_id);
CREATE UNIQUE INDEX messages_by_uid ON messages (remote_folder_id, uid) WHERE uid > 0;
CREATE INDEX messages_without_uid ON messages (remote_folder_id, message_id_header) WHERE uid = 0 AND uidl = '';
CREATE INDEX messages_by_uidl ON messages (remote_folder_id, uidl) WHERE uidl <> '';
CREATE INDEX messages_by_node ON messages (node_id);
CREATE INDEX messages_by_content ON messages (content_id);

CREATE TRIGGER count_insert AFTER INSERT ON messages BEGIN
    UPDATE folders SET total = total + 1, unread = unread + ((NEW.flags & 1) = 0),
        flagged = flagged + ((NEW.flags & 2) <> 0) WHERE folder_id = NEW.folder_id;
END;
CREATE TRIGGER count_delete AFTER DELETE ON messages BEGIN
    UPDATE folders SET total = total - 1, unread = unread - ((OLD.flags & 1) = 0),
        flagged = flagged - ((OLD.flags & 2) <> 0) WHERE folder_id = OLD.folder_id;
END;
CREATE TRIGGER count_update AFTER UPDATE OF folder_id, flags ON messages
WHEN OLD.folder_id <> NEW.folder_id OR (OLD.flags & 3) <> (NEW.flags & 3) BEGIN
    UPDATE folders SET total = total - 1, unread = unread - ((OLD.flags & 1) = 0),
        flagged = flagged - ((OLD.flags & 2) <> 0) WHERE folder_id = OLD.folder_id;
    UPDATE folders SET total = total + 1, unread = unread + ((NEW.flags & 1) = 0),
        flagged = flagged + ((NEW.flags & 2) <> 0) WHERE folder_id = NEW.folder_id;
END;

CREATE TABLE operations (
    operation_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    action BLOB NOT NULL,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL,
    effect BLOB NOT NULL,
    undoes INTEGER NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT ''
);
CREATE INDEX operations_by_undone ON operations (undoes) WHERE undoes <> 0;
CREATE INDEX operations_by_state ON operations (state, operation_id);
CREATE TABLE operation_messages (
    operation_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    is_result INTEGER NOT NULL,
    PRIMARY KEY (operation_id, is_result, message_id)
) WITHOUT ROWID;
CREATE INDEX operations_by_message ON operation_messages (message_id);

CREATE TABLE outbox (
    outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients BLOB NOT NULL,
    subject TEXT NOT NULL,
    message_id_header TEXT NOT NULL,
    size_octets INTEGER NOT NULL,
    state TEXT NOT NULL,
    queued REAL NOT NULL,
    not_before REAL NOT NULL,
    next_try REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    transcript BLOB NOT NULL DEFAULT X'90',
    data_sent INTEGER NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT '',
    raw BLOB NOT NULL
);
CREATE TABLE drafts (draft_id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, saved REAL NOT NULL,
    raw BLOB NOT NULL);
"""

_REMAINDERS: Final = """
ALTER TABLE outbox ADD COLUMN is_remainder INTEGER NOT NULL DEFAULT 0;
"""

# Contents whose text was read into the index while their octets stay in a file of the user's.
_TEXTS: Final = """
CREATE TABLE texts_read (content_id INTEGER PRIMARY KEY);
"""

# Threads the user broke or linked stay as he left them, whatever References say; subscriptions of IMAP.
_PINNED_AND_SUBSCRIBED: Final = """
ALTER TABLE nodes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN subscribed INTEGER NOT NULL DEFAULT 1;
"""

# Delivery reports asked for and got; messages held without their large parts, and such parts fetched alone.
_REPORTS_AND_PARTS: Final = """
ALTER TABLE outbox ADD COLUMN wants_report INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN reports BLOB NOT NULL DEFAULT X'90';
CREATE INDEX outbox_by_header ON outbox (message_id_header);
CREATE TABLE skeletons (content_id INTEGER PRIMARY KEY, raw BLOB NOT NULL);
CREATE TABLE parts (content_id INTEGER NOT NULL, section TEXT NOT NULL, octets BLOB NOT NULL,
    PRIMARY KEY (content_id, section));
"""

# The folder a sent message is filed in, when it is not Sent.
_FCC: Final = """
ALTER TABLE outbox ADD COLUMN fcc TEXT NOT NULL DEFAULT '';
"""

MIGRATIONS: Final = (_FIRST, _REMAINDERS, _TEXTS, _PINNED_AND_SUBSCRIBED, _REPORTS_AND_PARTS, _FCC)
"""Step n brings a file of version n to version n + 1; a step that was released is never edited."""


class StoreTooNew(RuntimeError):
    """The file was written by a later version of this program."""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Apply the steps that are missing, each in one transaction with its version number."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise StoreTooNew(f"the mail store has version {version}, this program knows {len(MIGRATIONS)}")
        for step in MIGRATIONS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The statements of a script; triggers hold semicolons, so ask SQLite where each one ends."""
    statements, gathered = [], ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if gathered.strip() and sqlite3.complete_statement(gathered):
            statements.append(gathered)
            gathered = ""
    return statements
