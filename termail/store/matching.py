"""Patterns as SQL conditions on the messages table, with every value a parameter."""

import json
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from termail.model.patterns import parse
from termail.model.patterns.tree import (
    And,
    Dates,
    Everything,
    InFolder,
    Node,
    Not,
    Numbers,
    Or,
    Related,
    State,
    Text,
    Word,
)
from termail.store.database import Database


class Condition(msgspec.Struct, frozen=True):
    """SQL with its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


SHOWN_FOLDERS: Final = "SELECT folder_id FROM folders WHERE hidden = 0"


def shown_folders(account: str) -> Condition:
    """The folders a user sees, of one account when named."""
    return Condition(f"{SHOWN_FOLDERS} AND account = ?", (account,)) if account else Condition(SHOWN_FOLDERS)


class Scope(msgspec.Struct, frozen=True):
    """What a pattern is asked about. `folder_id` 0 means everywhere; `tagged` are the messages of ~T, `collapsed`
    the heads of the threads of ~v; `ordered` lists the folder for ~m."""

    folder_id: int
    ordered: "Callable[[], array[int]]"
    tagged: Collection[int] = ()
    collapsed: Collection[int] = ()
    score: Condition = Condition("0")
    now: float = 0.0


_ADDRESS: Final = "sender_name || ' <' || sender_address || '>'"
_COLUMNS: Final = {
    "from": _ADDRESS,
    "to": "to_text",
    "cc": "cc_text",
    "recipients": "to_text || ' ' || cc_text",
    "people": f"{_ADDRESS} || ' ' || to_text",
    "subject": "subject",
    "message-id": "message_id_header",
    "label": "keywords",
    "mime": "content_type || ' ' || attachment_names",
    "list": "list_id",
    "attachment": "attachment_names",
}
_HEADER: Final = "header_text((SELECT header FROM contents c WHERE c.content_id = messages.content_id), '{}')"
_HEADER_FIELDS: Final = {
    "header": "",
    "bcc": "bcc",
    "sender": "sender",
    "references": "references in-reply-to",
    "spam": "x-spam-status x-spam-flag x-spam",
}
_BODY: Final = "(SELECT body FROM contents c WHERE c.content_id = messages.content_id)"
_STATES: Final = {
    "new": "flags & 33 = 0",
    "old": "flags & 33 = 32",
    "unread": "flags & 1 = 0",
    "read": "flags & 1",
    "flagged": "flags & 2",
    "replied": "flags & 4",
    "deleted": "flags & 8",
    "draft": "flags & 16",
    "to me": "to_me IN ('+', 'T', 'C')",
    "from me": "to_me = 'F'",
    "list": "list_id <> ''",
    "signed": "content_type = 'multipart/signed'",
    "encrypted": "content_type IN ('multipart/encrypted', 'application/pkcs7-mime', 'application/x-pkcs7-mime')",
    "superseded": "message_id_header <> '' AND message_id_header IN"
    f" (SELECT trim({_HEADER.format('supersedes')}) FROM messages)",
    "key": "(content_type = 'application/pgp-keys' OR attachment_names LIKE '%.asc%'"
    f" OR instr({_BODY}, 'BEGIN PGP PUBLIC KEY BLOCK') > 0)",
    "unreferenced": "NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.parent_id = messages.node_id)",
    "duplicate": "message_id_header <> '' AND EXISTS (SELECT 1 FROM messages t WHERE t.node_id = messages.node_id"
    " AND t.folder_id = messages.folder_id AND t.message_id < messages.message_id)",
}
_IN_FOLDER: Final = (
    "folder_id IN (SELECT folder_id FROM folders WHERE hidden = 0 AND"
    " (name = ? COLLATE NOCASE OR role = lower(?) OR account || '/' || name = ? COLLATE NOCASE))"
)
_NUMBERS: Final = {"size": Condition("size_octets"), "attachments": Condition("attachment_count")}
_EXPIRED: Final = f"is_before({_HEADER.format('expires')}, ?)"
_IDS: Final = "(SELECT value FROM json_each(?))"
_RELATED: Final = {
    "thread": "thread_id IN (SELECT thread_id FROM messages WHERE {})",
    "parent": "parent_id IN (SELECT node_id FROM messages WHERE {})",
    "child": "node_id IN (SELECT parent_id FROM messages WHERE parent_id <> 0 AND {})",
}


MANY_HITS: Final = 10_000
SNIPPET_WORDS: Final = 12
_MARKS: Final = ("\x02", "\x03")
"""Around what was looked for; mail text in the store holds no control characters but these would do no harm."""


def _pieces(marked: str) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    for part in " ".join(marked.split()).split(_MARKS[0]):
        hit, mark, rest = part.rpartition(_MARKS[1])
        pieces += [(hit, True), (rest, False)] if mark else [(part, False)]
    return [piece for piece in pieces if piece[0]]


class Matching:
    """Compiles patterns."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._score = Condition("0")

    def set_scores(self, rules: Mapping[str, int]) -> None:
        """Patterns, and what each adds to the score of the messages it matches (mutt's `score`). Raises
        PatternError."""
        terms = [(self.compile(pattern, Scope(0, _nothing)), value) for pattern, value in rules.items()]
        sql = " + ".join(f"(CASE WHEN {term.sql} THEN {int(value)} ELSE 0 END)" for term, value in terms)
        if terms:  # a score is never below zero, as in mutt
            self._score = Condition(f"max(0, {sql})", tuple(p for term, _ in terms for p in term.parameters))

    @property
    def score(self) -> Condition:
        """The score of a message, as SQL."""
        return self._score

    def compile(self, pattern: str, scope: Scope) -> Condition:
        """Raises PatternError."""
        known = msgspec.structs.replace(scope, score=self._score, now=self._clock())
        return _Compiler(known).compile(self._parse(pattern))

    def everywhere(self, pattern: str) -> Condition:
        """Over all folders. Raises PatternError."""
        return self.compile(pattern, Scope(0, _nothing))

    def words(self, query: str) -> str:
        """The full-text expression of a query that is nothing but words, "" for others. Raises PatternError."""
        node = self._parse(query)
        parts = node.parts if isinstance(node, And) else (node,)
        if not all(isinstance(part, Word) and not part.is_regex for part in parts):
            return ""
        phrases = [phrase(part.value) for part in parts if isinstance(part, Word)]
        return " ".join(phrases) if all(phrases) else ""

    def ranked(self, words: str, limit: int, account: str) -> "array[int]":
        """Best first; of equally good ones the newest first."""
        shown = shown_folders(account)
        rows = self._database.query(
            "SELECT message_id FROM (SELECT rowid AS content_id, rank AS quality FROM words WHERE words MATCH ?"
            " ORDER BY rank LIMIT ?) JOIN messages USING (content_id)"
            f" WHERE folder_id IN ({shown.sql})"
            " ORDER BY quality, date DESC LIMIT ?",
            (words, limit if not account else MANY_HITS, *shown.parameters, limit),
        )
        return array("q", (row[0] for row in rows))

    def snippets(self, words: str, ids: Sequence[int]) -> dict[int, list[tuple[str, bool]]]:
        """The best place of each text, cut at where the words stand."""
        rows = self._database.query(
            "SELECT message_id, snippet(words, -1, ?, ?, '…', ?) FROM words JOIN messages"
            " ON messages.content_id = words.rowid WHERE words MATCH ?"
            f" AND words.rowid IN (SELECT content_id FROM messages WHERE message_id IN {_IDS})"
            f" AND message_id IN {_IDS}",
            (*_MARKS, SNIPPET_WORDS, words, json.dumps(list(ids)), json.dumps(list(ids))),
        )
        return {message_id: _pieces(text) for message_id, text in rows}

    def _parse(self, pattern: str) -> Node:
        return parse(pattern, now=self._clock())


class _Compiler:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def compile(self, node: Node) -> Condition:
        match node:
            case Everything():
                return Condition("1")
            case And(parts=parts):
                return self._joined(" AND ", parts)
            case Or(parts=parts):
                return self._joined(" OR ", parts)
            case Not(part=part):
                inner = self.compile(part)
                return Condition(f"NOT ({inner.sql})", inner.parameters)
            case Related():
                return self._related(node)
            case Text():
                return _text(node)
            case Word():
                return self._word(node)
            case State(name=name):
                return self._state(name)
            case Dates(field=field, start=start, end=end):
                return _between(Condition(field), ">=", start, "<", end)
            case Numbers():
                return self._numbers(node)
            case InFolder(name=name):
                return Condition(_IN_FOLDER, (name, name, name))

    def _joined(self, operator: str, parts: Sequence[Node]) -> Condition:
        compiled = [self.compile(part) for part in parts]
        return Condition(
            "(" + operator.join(f"({part.sql})" for part in compiled) + ")",
            tuple(value for part in compiled for value in part.parameters),
        )

    def _related(self, node: Related) -> Condition:
        inner = self.compile(node.part)
        if not self._scope.folder_id:
            return Condition(_RELATED[node.relation].format(f"({inner.sql})"), inner.parameters)
        return Condition(
            _RELATED[node.relation].format(f"folder_id = ? AND ({inner.sql})"),
            (self._scope.folder_id, *inner.parameters),
        )

    def _word(self, node: Word) -> Condition:
        if self._scope.folder_id or node.is_regex or not phrase(node.value):
            fields = ("from", "subject") if self._scope.folder_id else ("from", "to", "subject", "body")
            return self._joined(
                " OR ", [Text(field, node.value, node.is_regex, node.ignore_case) for field in fields]
            )
        return _in_index(phrase(node.value))

    def _state(self, name: str) -> Condition:
        if name == "tagged":
            return Condition(f"message_id IN {_IDS}", (json.dumps(list(self._scope.tagged)),))
        if name == "collapsed":
            heads = json.dumps(list(self._scope.collapsed))
            return Condition(f"thread_id IN (SELECT thread_id FROM messages WHERE message_id IN {_IDS})", (heads,))
        if name == "expired":
            return Condition(_EXPIRED, (self._scope.now,))
        return Condition(_STATES[name])

    def _numbers(self, node: Numbers) -> Condition:
        if node.field != "number":
            measured = self._scope.score if node.field == "score" else _NUMBERS[node.field]
            return _between(measured, ">=", node.low, "<=", node.high)
        low = max((node.low or 1) - 1, 0)
        chosen = self._scope.ordered()[low : node.high]
        return Condition(f"message_id IN {_IDS}", (json.dumps(list(chosen)),))


def phrase(text: str) -> str:
    """An FTS5 expression for words in a row, the last one by its beginning; "" when there is no word in it."""
    if any("\u2e80" <= char <= "\ud7ff" or char >= "\U00020000" for char in text):
        return ""  # East Asian text has no spaces, so the index knows no words of it
    words = "".join(char if char.isalnum() else " " for char in text).split()
    return f'"{" ".join(words)}"*' if words else ""


def _in_index(expression: str) -> Condition:
    return Condition("content_id IN (SELECT rowid FROM words WHERE words MATCH ?)", (expression,))


def _text(node: Text) -> Condition:
    if node.field == "label":
        return _label(node)
    if node.field in _COLUMNS:
        return _compare(_COLUMNS[node.field], node)
    if node.field in _HEADER_FIELDS:
        return _compare(_HEADER.format(_HEADER_FIELDS[node.field]), node)
    words = phrase(node.value)
    if node.field == "body" and not node.is_regex and words:
        found = _in_index(f"body : ({words})")
        if node.ignore_case:
            return found
        exact = _compare(_BODY, node)
        return Condition(f"{found.sql} AND {exact.sql}", found.parameters + exact.parameters)
    if node.field == "body":
        return _compare(_BODY, node)
    header = _compare(_HEADER.format(""), node)
    body = _text(Text("body", node.value, node.is_regex, node.ignore_case))
    return Condition(f"({header.sql} OR {body.sql})", header.parameters + body.parameters)


def _label(node: Text) -> Condition:
    """An empty text asks for messages without any label."""
    return Condition("keywords = ''") if not node.value else _compare("keywords", node)


def _compare(column: str, node: Text) -> Condition:
    """The cheapest test that is right: SQLite's own for ASCII, ours for the rest."""
    if node.is_regex:
        return Condition(f"regex_matches(?, ?, {column})", (node.value, int(node.ignore_case)))
    if not node.ignore_case:
        return Condition(f"instr({column}, ?) > 0", (node.value,))
    folded = node.value.casefold()
    if not folded.isascii():
        return Condition(f"folded_contains(?, {column})", (folded,))
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Condition(f"{column} LIKE ? ESCAPE '\\'", (f"%{escaped}%",))


def _between(measured: Condition, above: str, low: float | None, below: str, high: float | None) -> Condition:
    tests = [(f"{measured.sql} {above} ?", low), (f"{measured.sql} {below} ?", high)]
    kept = [(sql, (*measured.parameters, value)) for sql, value in tests if value is not None]
    if not kept:
        return Condition("1")
    return Condition(" AND ".join(sql for sql, _ in kept), tuple(chain.from_iterable(each for _, each in kept)))


def _nothing() -> "array[int]":
    return array("q")
