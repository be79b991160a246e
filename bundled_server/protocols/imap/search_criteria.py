"""SEARCH's keys as objects: what a client asks of a message (RFC 3501 §6.4.4 and its extensions)."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from bundled_server.protocols.imap.sequences import SequenceSet


class Order(Enum):
    """How a value stands to the one in the key."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Everything:
    """ALL."""


@dataclass(frozen=True, slots=True)
class HasFlag:
    """SEEN, FLAGGED, KEYWORD …; also RECENT, which is no stored flag."""

    flag: str


@dataclass(frozen=True, slots=True)
class InternalDate:
    """BEFORE, ON, SINCE: by the day of arrival."""

    order: Order
    day: date


@dataclass(frozen=True, slots=True)
class SaveDate:
    """SAVEDBEFORE, SAVEDON, SAVEDSINCE: by the day the message came into this mailbox (RFC 8514)."""

    order: Order
    day: date


@dataclass(frozen=True, slots=True)
class EmailId:
    """EMAILID (RFC 8474)."""

    text: bytes


@dataclass(frozen=True, slots=True)
class ThreadId:
    """THREADID (RFC 8474)."""

    text: bytes


@dataclass(frozen=True, slots=True)
class SentDate:
    """SENTBEFORE, SENTON, SENTSINCE: by the day in the Date field."""

    order: Order
    day: date


@dataclass(frozen=True, slots=True)
class Larger:
    """LARGER, in octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """SMALLER, in octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A sequence set by itself."""

    numbers: SequenceSet


@dataclass(frozen=True, slots=True)
class Uids:
    """UID sequence-set."""

    uids: SequenceSet


@dataclass(frozen=True, slots=True)
class ChangedFrom:
    """MODSEQ: changed at this mod-sequence or later (RFC 7162 §3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class Older:
    """OLDER: arrived at least so many seconds ago (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Younger:
    """YOUNGER: arrived at most so many seconds ago."""

    seconds: int


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """HEADER, FROM, TO, CC, BCC, SUBJECT: a field whose value holds `text` ("" = the field is there)."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class BodyHas:
    """BODY."""

    text: str


@dataclass(frozen=True, slots=True)
class TextHas:
    """TEXT: header or body."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """NOT."""

    key: "SearchKey"


@dataclass(frozen=True, slots=True)
class Or:
    """OR."""

    left: "SearchKey"
    right: "SearchKey"


@dataclass(frozen=True, slots=True)
class And:
    """Keys in a row or in parentheses: all of them."""

    keys: tuple["SearchKey", ...]


SearchKey = (
    Everything
    | HasFlag
    | InternalDate
    | SaveDate
    | EmailId
    | ThreadId
    | SentDate
    | Larger
    | Smaller
    | Numbers
    | Uids
    | ChangedFrom
    | Older
    | Younger
    | HeaderHas
    | BodyHas
    | TextHas
    | Not
    | Or
    | And
)


def mentions(key: SearchKey, kind: type) -> bool:
    """Whether a key of this kind stands anywhere in `key`; the parser's cap on depth bounds the recursion."""
    match key:
        case Not(inner):
            return mentions(inner, kind)
        case Or(left, right):
            return mentions(left, kind) or mentions(right, kind)
        case And(several):
            return any(mentions(one, kind) for one in several)
        case _:
            return isinstance(key, kind)
