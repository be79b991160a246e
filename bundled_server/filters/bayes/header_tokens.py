"""Tokens of the header: who, about what, by which program and over which hosts, each with its field's name."""

import re
from collections.abc import Iterator

from bundled_server.filters.bayes.body_tokens import word_tokens
from bundled_server.mailbox.decoded import as_text, decode_words

MOST_FIELDS = 200
LONGEST_VALUE = 2_000

PASSED_OVER = re.compile(
    "x-(?:spam|virus)-|arc-|authentication-results|dkim-signature|delivered-to|return-path|x-original-to"
    "|(?:x-)?(?:status|keywords|uid|content-length|lines)$|date$|in-reply-to|references"
    "|content-(?:type|transfer-encoding)"
)
"""What this host, a mailbox file or another filter wrote, what is always new, and what `part_tokens` reads."""

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_FIELD = re.compile(rb"^([!-9;-~]{1,60})[ \t]*:([^\r\n]*)", re.MULTILINE)
_ADDRESS = re.compile(r"([^\s<>@,;\"']{1,64})@([^\s<>@,;\"']{1,255})")
_QUOTED = re.compile(r"[\"<>]")
_NUMBER = re.compile(r"\d+")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]+")
_ADDRESSES = frozenset(["from", "to", "cc", "reply-to", "sender", "resent-from", "errors-to"])
_MANY_SPACES = re.compile(r" {6,}\S")


def field_tokens(header: bytes, prefix: str = "") -> Iterator[str]:
    """The tokens of a header block, `prefix` before each; those of fields are called after their field."""
    for token in _tokens(_FOLD.sub(b"", header)):
        yield prefix + token


def _tokens(header: bytes) -> Iterator[str]:
    senders: set[str] = set()
    for name_octets, octets in _FIELD.findall(header)[:MOST_FIELDS]:
        name = name_octets.decode("latin-1").lower()
        if PASSED_OVER.match(name):
            continue
        value = decode_words(as_text(octets[:LONGEST_VALUE])).strip()
        if name in _ADDRESSES:
            yield from _address_tokens(name, value)
            if name in ("from", "reply-to"):
                senders.update(domain.lower() for _, domain in _ADDRESS.findall(value))
        elif name == "subject":
            yield from _subject_tokens(value)
        elif name == "received":
            yield from _received_tokens(value)
        elif name == "message-id":
            yield from _message_id_tokens(value)
        else:
            yield from _other_tokens(name, value)
    if len(senders) > 1:
        yield "header:answers-go-elsewhere"


def _address_tokens(name: str, value: str) -> Iterator[str]:
    addresses = _ADDRESS.findall(value)
    for local, domain in addresses[:20]:
        local, domain = local.lower(), domain.lower().rstrip(".")
        yield f"{name}:{local}@{domain}"
        yield f"{name}:@{domain}"
        if name != "to" and _NUMBER.search(local):
            yield f"{name}:digits-in-name"
    display = _ADDRESS.sub(" ", value)
    yield from word_tokens(_QUOTED.sub(" ", display), f"{name}:")
    if len(addresses) > 3:
        yield f"{name}:{min(len(addresses), 32).bit_length()}-bits-of-addresses"
    if not addresses:
        yield f"{name}:no-address"
    elif not display.strip(" <>,\"'"):
        yield f"{name}:bare"


def _subject_tokens(value: str) -> Iterator[str]:
    yield from word_tokens(value, "subject:")
    if value.isupper():
        yield "subject:in-capitals"
    if _MANY_SPACES.search(value):
        yield "subject:far-from-its-end"
    if not value:
        yield "subject:empty"
    for mark in "!?$":
        if mark in value:
            yield f"subject:{mark}"


def _received_tokens(value: str) -> Iterator[str]:
    for host in _HOST.findall(value.lower())[:8]:
        pieces = host.split(".")
        if pieces[-1].isdigit():
            if len(pieces) == 4:
                yield f"received:{'.'.join(pieces[:3])}"
                yield f"received:{'.'.join(pieces[:2])}"
        else:
            yield f"received:{'.'.join(pieces[-2:])}"
            yield f"received:{'.'.join(pieces[-3:])}"
    if "unknown" in value:
        yield "received:unknown"
    if "may be forged" in value:
        yield "received:forged"


def _message_id_tokens(value: str) -> Iterator[str]:
    left, _, domain = value.strip("<> ").lower().partition("@")
    yield f"message-id:@{domain}"
    yield f"message-id:{_shape(left)}"


def _shape(text: str) -> str:
    """How a name was made: numbers as 0, letters as a."""
    return _LETTERS.sub("a", _NUMBER.sub("0", text))[:20]


def _other_tokens(name: str, value: str) -> Iterator[str]:
    yield f"header:{name}"
    if name.startswith("list-") or name in ("mime-version",):
        yield f"{name}:{value.lower()[:40]}"
        return
    yield from (f"{name}:{word}" for word in _NUMBER.sub("0", value.lower()).split()[:10])
