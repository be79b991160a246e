"""Patterns as IMAP SEARCH (RFC 9051 §6.4.4), shown to the reader beside what was typed."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import msgspec

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


class ImapSearch(msgspec.Struct, frozen=True):
    """`is_exact` is False where IMAP can only find more than the pattern means; `is_single` when it is one key."""

    text: str
    is_exact: bool
    is_single: bool = True


_EVERYTHING: Final = ImapSearch("ALL", True)
_MORE: Final = ImapSearch("ALL", False)
_STATES: Final = {
    "new": ("UNSEEN", False),
    "old": ("UNSEEN", False),
    "unread": ("UNSEEN", True),
    "read": ("SEEN", True),
    "flagged": ("FLAGGED", True),
    "deleted": ("DELETED", True),
    "replied": ("ANSWERED", True),
    "draft": ("DRAFT", True),
    "list": ('HEADER List-Id ""', True),
    "signed": ('HEADER Content-Type "multipart/signed"', True),
    "encrypted": ('HEADER Content-Type "multipart/encrypted"', False),
}
_OPPOSITES: Final = {
    "UNSEEN": "SEEN",
    "SEEN": "UNSEEN",
    "FLAGGED": "UNFLAGGED",
    "DELETED": "UNDELETED",
    "ANSWERED": "UNANSWERED",
    "DRAFT": "UNDRAFT",
}
_KEYS: Final = {
    "from": ("FROM",),
    "to": ("TO",),
    "cc": ("CC",),
    "bcc": ("BCC",),
    "recipients": ("TO", "CC", "BCC"),
    "people": ("FROM", "TO"),
    "sender": ("HEADER Sender",),
    "subject": ("SUBJECT",),
    "body": ("BODY",),
    "whole": ("TEXT",),
    "message-id": ("HEADER Message-ID",),
    "references": ("HEADER References", "HEADER In-Reply-To"),
    "list": ("HEADER List-Id",),
    "mime": ("HEADER Content-Type",),
    "spam": ("HEADER X-Spam-Status",),
}
_DATE_KEYS: Final = {"date": ("SENTSINCE", "SENTBEFORE"), "received": ("SINCE", "BEFORE")}
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def imap_search(node: Node, *, timezone: tzinfo | None = None) -> ImapSearch:
    """The nearest search that finds at least what the pattern means. `timezone` None means the machine's."""
    return _Translator(timezone).translate(node)


class _Translator:
    def __init__(self, timezone: tzinfo | None) -> None:
        self._timezone = timezone

    def translate(self, node: Node) -> ImapSearch:
        match node:
            case Everything():
                return _EVERYTHING
            case And(parts=parts):
                return self._all([self.translate(part) for part in parts])
            case Or(parts=parts):
                return _any([self.translate(part) for part in parts])
            case Not(part=part):
                return _opposite(self.translate(part))
            case Text(value=value, is_regex=is_regex, ignore_case=ignore_case):
                return _MORE if is_regex else _text(node.field, value, ignore_case)
            case Word(value=value, is_regex=is_regex, ignore_case=ignore_case):
                words = [_text(field, value, ignore_case) for field in ("from", "subject")]
                return _MORE if is_regex else _any(words)
            case State(name=name):
                return ImapSearch(*_STATES[name]) if name in _STATES else _MORE
            case Dates():
                return self._dates(node)
            case Numbers(field="size", low=low, high=high):
                return _size(low, high)
            case Numbers() | InFolder() | Related():
                return _MORE

    def _all(self, parts: list[ImapSearch]) -> ImapSearch:
        kept = [part for part in parts if part.text != "ALL"]
        exact = all(part.is_exact for part in parts)
        if len(kept) == 1:
            return ImapSearch(kept[0].text, exact, kept[0].is_single)
        return ImapSearch(" ".join(part.text for part in kept) or "ALL", exact, not kept)

    def _dates(self, node: Dates) -> ImapSearch:
        """IMAP knows whole days only: the start is rounded down, the end up."""
        since, before = _DATE_KEYS[node.field]
        parts, exact = [], True
        if node.start is not None:
            day = self._moment(node.start)
            exact = exact and day.time() == day.min.time()
            parts.append(f"{since} {_day(day)}")
        if node.end is not None:
            day = self._moment(node.end)
            whole = day.time() == day.min.time()
            exact = exact and whole
            parts.append(f"{before} {_day(day if whole else day + timedelta(days=1))}")
        return ImapSearch(" ".join(parts) or "ALL", exact, len(parts) < 2)

    def _moment(self, seconds: float) -> datetime:
        try:
            return datetime.fromtimestamp(seconds, self._timezone)
        except (OverflowError, ValueError, OSError):
            return datetime.fromtimestamp(0, UTC)


def _any(parts: list[ImapSearch]) -> ImapSearch:
    exact = all(part.is_exact for part in parts)
    if any(part.text == "ALL" for part in parts):
        return ImapSearch("ALL", exact)
    text = _one_key(parts[-1])
    for part in reversed(parts[:-1]):
        text = f"OR {_one_key(part)} {text}"
    return ImapSearch(text, exact, len(parts) > 1 or parts[0].is_single)


def _opposite(search: ImapSearch) -> ImapSearch:
    """The opposite of "finds too much" finds too little, so all is asked for."""
    if not search.is_exact:
        return _MORE
    return ImapSearch(_OPPOSITES.get(search.text) or f"NOT {_one_key(search)}", True)


def _one_key(search: ImapSearch) -> str:
    """Several keys in a row are one in parentheses."""
    return search.text if search.is_single else f"({search.text})"


def _text(field: str, value: str, ignore_case: bool) -> ImapSearch:
    if field == "label" and value and value.isascii() and value.isalnum():
        return ImapSearch(f"KEYWORD {value}", True)
    if field not in _KEYS or not value:
        return _MORE
    escaped = "".join(char for char in value if char >= " ").replace("\\", "\\\\").replace('"', '\\"')
    return _any([ImapSearch(f'{key} "{escaped}"', ignore_case) for key in _KEYS[field]])


def _size(low: int | None, high: int | None) -> ImapSearch:
    keys = [] if not low else [f"LARGER {low - 1}"]
    keys += [] if high is None else [f"SMALLER {high + 1}"]
    return ImapSearch(" ".join(keys) or "ALL", True, len(keys) < 2)


def _day(moment: datetime) -> str:
    return f"{moment.day}-{_MONTHS[moment.month - 1]}-{moment.year}"
