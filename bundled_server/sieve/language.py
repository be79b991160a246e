"""The words of the language as a table: commands and tests, their arguments, and what has to be required first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Kind(Enum):
    """What an argument is; the value is what error messages call it."""

    STRING = "a string"
    STRINGS = "a string or a list of strings"
    NUMBER = "a number"


class Role(Enum):
    """Where a word may stand."""

    COMMAND = "command"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One tag: the argument behind it, and of one `group` at most one may be given."""

    group: str
    takes: Kind | None = None
    capability: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One command or test. `needs` are tag groups one of which must be there; with `optional_first` the first
    positional argument may be left out; `tests` is how many tests follow (None: a list of any length)."""

    role: Role
    capability: str = ""
    arguments: tuple[Kind, ...] = ()
    tags: Mapping[str, TagSpec] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    optional_first: bool = False
    tests: int | None = 0
    has_block: bool = False


_MATCH: Final = {
    "is": TagSpec("match type"),
    "contains": TagSpec("match type"),
    "matches": TagSpec("match type"),
    "regex": TagSpec("match type", capability="regex"),
    "value": TagSpec("match type", Kind.STRING, "relational"),
    "count": TagSpec("match type", Kind.STRING, "relational"),
    "comparator": TagSpec("comparator", Kind.STRING),
}
_ADDRESS: Final = {
    "all": TagSpec("address part"),
    "localpart": TagSpec("address part"),
    "domain": TagSpec("address part"),
    "user": TagSpec("address part", capability="subaddress"),
    "detail": TagSpec("address part", capability="subaddress"),
}
_INDEX: Final = {
    "index": TagSpec("index", Kind.NUMBER, "index"),
    "last": TagSpec("last", capability="index"),
}
_ZONE: Final = {"zone": TagSpec("zone", Kind.STRING)}
_FLAGS: Final = {"flags": TagSpec("flags", Kind.STRINGS, "imap4flags")}
_COPY: Final = {"copy": TagSpec("copy", capability="copy")}
_MODIFIERS: Final = {
    "lower": TagSpec("case"),
    "upper": TagSpec("case"),
    "lowerfirst": TagSpec("case of the first letter"),
    "upperfirst": TagSpec("case of the first letter"),
    "quotewildcard": TagSpec("quoting"),
    "quoteregex": TagSpec("quoting", capability="regex"),
    "length": TagSpec("length"),
}
_STRING, _STRINGS = Kind.STRING, Kind.STRINGS


def _test(*arguments: Kind, capability: str = "", tags: Mapping[str, TagSpec] | None = None) -> Word:
    return Word(Role.TEST, capability, arguments, tags or {})


def _action(*arguments: Kind, capability: str = "", tags: Mapping[str, TagSpec] | None = None) -> Word:
    return Word(Role.COMMAND, capability, arguments, tags or {})


def _of_flags(role: Role, tags: Mapping[str, TagSpec] | None = None) -> Word:
    return Word(role, "imap4flags", (_STRINGS, _STRINGS), tags or {}, optional_first=True)


WORDS: Final[Mapping[str, Word]] = {
    # control (RFC 5228 §3)
    "require": _action(_STRINGS),
    "if": Word(Role.COMMAND, tests=1, has_block=True),
    "elsif": Word(Role.COMMAND, tests=1, has_block=True),
    "else": Word(Role.COMMAND, has_block=True),
    "stop": _action(),
    "include": _action(
        _STRING,
        capability="include",
        tags={
            "personal": TagSpec("location"),
            "global": TagSpec("location"),
            "once": TagSpec("once"),
            "optional": TagSpec("optional"),
        },
    ),
    "return": _action(capability="include"),
    "global": _action(_STRINGS, capability="include"),
    "error": _action(_STRING, capability="ihave"),
    # actions (§4 and extensions)
    "keep": _action(tags=_FLAGS),
    "discard": _action(),
    "fileinto": _action(
        _STRING,
        capability="fileinto",
        tags={
            **_COPY,
            **_FLAGS,
            "create": TagSpec("create", capability="mailbox"),
            "specialuse": TagSpec("specialuse", Kind.STRING, "special-use"),
        },
    ),
    "redirect": _action(_STRING, tags=_COPY),
    "reject": _action(_STRING, capability="reject"),
    "ereject": _action(_STRING, capability="ereject"),
    "vacation": _action(
        _STRING,
        capability="vacation",
        tags={
            "days": TagSpec("period", Kind.NUMBER),
            "seconds": TagSpec("period", Kind.NUMBER, "vacation-seconds"),
            "subject": TagSpec("subject", _STRING),
            "from": TagSpec("from", _STRING),
            "addresses": TagSpec("addresses", _STRINGS),
            "mime": TagSpec("mime"),
            "handle": TagSpec("handle", _STRING),
        },
    ),
    "set": _action(_STRING, _STRING, capability="variables", tags=_MODIFIERS),
    "setflag": _of_flags(Role.COMMAND),
    "addflag": _of_flags(Role.COMMAND),
    "removeflag": _of_flags(Role.COMMAND),
    # tests (§5 and extensions)
    "true": _test(),
    "false": _test(),
    "not": Word(Role.TEST, tests=1),
    "allof": Word(Role.TEST, tests=None),
    "anyof": Word(Role.TEST, tests=None),
    "address": _test(_STRINGS, _STRINGS, tags={**_MATCH, **_ADDRESS, **_INDEX}),
    "envelope": _test(_STRINGS, _STRINGS, capability="envelope", tags={**_MATCH, **_ADDRESS}),
    "header": _test(_STRINGS, _STRINGS, tags={**_MATCH, **_INDEX}),
    "exists": _test(_STRINGS),
    "size": Word(
        Role.TEST, "", (Kind.NUMBER,), {"over": TagSpec("limit"), "under": TagSpec("limit")}, needs=("limit",)
    ),
    "string": _test(_STRINGS, _STRINGS, capability="variables", tags=_MATCH),
    "body": _test(
        _STRINGS,
        capability="body",
        tags={
            **_MATCH,
            "raw": TagSpec("transform"),
            "text": TagSpec("transform"),
            "content": TagSpec("transform", _STRINGS),
        },
    ),
    "date": _test(
        _STRING,
        _STRING,
        _STRINGS,
        capability="date",
        tags={**_MATCH, **_INDEX, **_ZONE, "originalzone": TagSpec("zone")},
    ),
    "currentdate": _test(_STRING, _STRINGS, capability="date", tags={**_MATCH, **_ZONE}),
    "hasflag": _of_flags(Role.TEST, _MATCH),
    "mailboxexists": _test(_STRINGS, capability="mailbox"),
    "specialuse_exists": Word(Role.TEST, "special-use", (_STRING, _STRINGS), optional_first=True),
    "spamtest": _test(
        _STRING, capability="spamtest", tags={**_MATCH, "percent": TagSpec("percent", capability="spamtestplus")}
    ),
    "virustest": _test(_STRING, capability="virustest", tags=_MATCH),
    "duplicate": _test(
        capability="duplicate",
        tags={
            "handle": TagSpec("handle", _STRING),
            "header": TagSpec("identity", _STRING),
            "uniqueid": TagSpec("identity", _STRING),
            "seconds": TagSpec("seconds", Kind.NUMBER),
            "last": TagSpec("last"),
        },
    ),
    "environment": _test(_STRING, _STRINGS, capability="environment", tags=_MATCH),
    "ihave": _test(_STRINGS, capability="ihave"),
}

CAPABILITIES: Final = (
    "fileinto",
    "reject",
    "ereject",
    "envelope",
    "encoded-character",
    "comparator-i;octet",
    "comparator-i;ascii-casemap",
    "comparator-i;ascii-numeric",
    "copy",
    "body",
    "variables",
    "vacation",
    "vacation-seconds",
    "imap4flags",
    "relational",
    "subaddress",
    "date",
    "index",
    "regex",
    "mailbox",
    "special-use",
    "spamtest",
    "spamtestplus",
    "virustest",
    "include",
    "duplicate",
    "environment",
    "ihave",
)
"""What `require` may ask for."""

ALSO_ENABLES: Final = {"vacation-seconds": ("vacation",), "spamtestplus": ("spamtest",)}
ADDRESS_FIELDS: Final = frozenset(
    (
        *("from", "to", "cc", "bcc", "sender", "reply-to"),
        *("resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to"),
        *("delivered-to", "return-path", "x-original-to", "envelope-to", "apparently-to", "errors-to"),
        *("mail-followup-to", "list-post", "disposition-notification-to"),
    )
)
"""Header fields that hold addresses: the only ones that the address test may look at (§5.1)."""
ENVELOPE_PARTS: Final = ("from", "to")
