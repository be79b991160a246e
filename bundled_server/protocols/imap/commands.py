"""What commands carry, as immutable objects (RFC 3501 §6)."""

from dataclasses import dataclass, field

from bundled_server.protocols.imap.fetch_items import FetchItem
from bundled_server.protocols.imap.search_criteria import SearchKey
from bundled_server.protocols.imap.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class Nothing:
    """The arguments of a command that takes none."""


@dataclass(frozen=True, slots=True)
class Login:
    """LOGIN: user and password as they came."""

    user: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTHENTICATE; `initial` is the base64 initial response (RFC 4959), None without."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailboxName:
    """One mailbox in modified UTF-7, for SELECT, EXAMINE, CREATE, DELETE, SUBSCRIBE, UNSUBSCRIBE."""

    mailbox: bytes


@dataclass(frozen=True, slots=True)
class Resync:
    """What a client knows of a mailbox it knew before (RFC 7162 §3.2.5); `known_uids` None means all."""

    uid_validity: int
    modseq: int
    known_uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """SELECT and EXAMINE with their parameters."""

    mailbox: bytes
    condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class QuotaRoot:
    """GETQUOTA."""

    root: bytes


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    source: bytes
    target: bytes


@dataclass(frozen=True, slots=True)
class ListMailboxes:
    """LIST and LSUB."""

    reference: bytes
    pattern: bytes


@dataclass(frozen=True, slots=True)
class ListChosen:
    """LIST with what RFC 5258 and RFC 5819 add; `selection` and `returns` are upper-case option words, `status`
    what RETURN (STATUS …) asks for. `is_extended` when the client used anything that RFC 3501 has not."""

    reference: bytes
    patterns: tuple[bytes, ...]
    selection: frozenset[bytes] = frozenset()
    returns: frozenset[bytes] = frozenset()
    status: tuple[bytes, ...] = ()
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE; `uses` are special-use attributes (RFC 6154 §3)."""

    mailbox: bytes
    uses: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusOf:
    """STATUS."""

    mailbox: bytes
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """One message of APPEND; `date` in epoch seconds, None for now."""

    flags: frozenset[str]
    date: float | None
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Append:
    """APPEND of one message or, with MULTIAPPEND (RFC 3502), of several."""

    mailbox: bytes
    messages: tuple[NewMessage, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH and UID FETCH."""

    messages: SequenceSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class StoreFlags:
    """STORE and UID STORE; `mode` is b"+", b"-" or b""."""

    messages: SequenceSet
    mode: bytes
    silent: bool
    flags: frozenset[str]
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class CopyTo:
    """COPY and MOVE."""

    messages: SequenceSet
    mailbox: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH; `returns` are the result options of RFC 4731 and RFC 5182, None for the answer of RFC 3501."""

    key: SearchKey
    returns: frozenset[bytes] | None = None
    names_charset: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """One criterion of SORT, such as b"DATE" (RFC 5256 §3, RFC 5957)."""

    name: bytes
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """SORT; `returns` as in `Search` (RFC 5267)."""

    criteria: tuple[SortKey, ...]
    key: SearchKey
    returns: frozenset[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """THREAD by the algorithm of that name."""

    algorithm: bytes
    key: SearchKey


@dataclass(frozen=True, slots=True)
class ExpungeUids:
    """UID EXPUNGE (RFC 4315)."""

    uids: SequenceSet


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE (RFC 5161)."""

    capabilities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """ID (RFC 2971); pairs of field and value."""

    fields: tuple[tuple[bytes, bytes | None], ...]
