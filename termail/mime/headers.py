"""Headers of received mail: a tolerant byte-level scanner and the summary that index and threads need.

Message ids keep their angle brackets everywhere in this package: "<20261122.1@other.test>".
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime import limits
from termail.mime.addresses import parse_addresses
from termail.mime.dates import parse_date
from termail.mime.words import decode_words

__all__ = [
    "HeaderSummary",
    "decode_words",
    "first_value",
    "header_end",
    "message_ids",
    "parse_addresses",
    "parse_date",
    "scan_headers",
    "summarize",
]

_NAME: Final = re.compile(rb"([!-9;-~]+)[ \t]*:")
_MESSAGE_ID: Final = re.compile(rb"<[^<>\s]+>")
_UNFOLDED_ID: Final = re.compile(rb"<[^<>]*>")
# A line that is no field and is followed by one of these is a field somebody wrapped badly, not the body.
_RESUMES: Final = re.compile(
    rb"(?i)(?:received|subject|from|to|cc|date|message-id|mime-version|content-[a-z-]+|reply-to|return-path|sender"
    rb"|references|in-reply-to|list-[a-z-]+|x-[a-z0-9-]+|dkim-signature|delivered-to)[ \t]*:"
)


class HeaderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What index and threads need. Addresses are (name, addr-spec) pairs, decoded, not sanitised; `date` in
    epoch seconds, 0.0 when there is none that can be read; references oldest first, In-Reply-To included."""

    from_: tuple[tuple[str, str], ...]
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    subject: str
    date: float
    message_id: str
    references: tuple[str, ...]
    list_id: str
    content_type: str


def header_end(raw: bytes, start: int = 0) -> tuple[int, int]:
    """→ (end of the header block at `start`, start of the body). The empty line may be CRLF, LF, or missing."""
    if raw.startswith((b"\n", b"\r\n"), start):
        return start, start + (2 if raw[start : start + 1] == b"\r" else 1)
    limit = start + limits.HEADER_OCTETS
    lf = raw.find(b"\n\n", start, limit)
    crlf = raw.find(b"\n\r\n", start, limit if lf < 0 else lf + 2)
    if crlf >= 0 and (lf < 0 or crlf < lf):
        return crlf + 1, crlf + 3
    if lf >= 0:
        return lf + 1, lf + 2
    end = len(raw) if len(raw) <= limit else raw.rfind(b"\n", start, limit) + 1 or limit
    return end, end


def scan_fields(block: bytes) -> tuple[list[tuple[str, bytes]], int]:
    """The fields of a header block, and the offset where something that is no header begins."""
    fields: list[tuple[str, bytes]] = []
    value: list[bytes] = []
    position = 0
    lines = block[: limits.HEADER_OCTETS].split(b"\n")
    name = b""
    for index, line in enumerate(lines):
        start, position = position, position + len(line) + 1
        if line.endswith(b"\r"):
            line = line[:-1]
        first = line[:1]
        if first in (b" ", b"\t"):
            if not line.strip() and not name:
                continue
            value.append(line)
            continue
        found = _NAME.match(line)
        if found is None:
            if not line or not (index == 0 or _is_broken_fold(line, lines, index)):
                position = start
                break
            continue
        if name:
            fields.append((name.decode("ascii"), _unfold(value)))
            if len(fields) >= limits.HEADER_COUNT:
                return fields, len(block)
        name, value = found[1], [line[found.end() :]]
    if name:
        fields.append((name.decode("ascii"), _unfold(value)))
    return fields, min(position, len(block))


def _is_broken_fold(line: bytes, lines: list[bytes], index: int) -> bool:
    if line.startswith((b"From ", b">From ")):
        return True
    return index + 1 < len(lines) and _RESUMES.match(lines[index + 1]) is not None and not line.startswith(b"--")


def _unfold(lines: list[bytes]) -> bytes:
    """RFC 5322 §2.2.3: only the line ends go; at most one field's limit is kept."""
    joined = lines[0] if len(lines) == 1 else b"".join(lines)
    return joined.strip(b" \t\r")[: limits.FIELD_OCTETS]


def scan_headers(block: bytes) -> list[tuple[str, bytes]]:
    """(name, raw unfolded value) in order; tolerates bare LF, missing blank lines, 8-bit; capped."""
    if b"\n" not in block and b"\r" in block:
        block = block.replace(b"\r", b"\n")
    return scan_fields(block)[0]


def first_value(fields: list[tuple[str, bytes]], name: str) -> bytes:
    """The first field of that (lower-case) name, b"" when there is none."""
    for field, value in fields:
        if field.lower() == name:
            return value
    return b""


def message_ids(value: bytes) -> tuple[str, ...]:
    """The message ids of a References-like value, in order, each once; the newest when there are too many."""
    found = _MESSAGE_ID.findall(value)
    if not found and b"<" in value:  # somebody folded inside an id
        found = [b"".join(entry.split()) for entry in _UNFOLDED_ID.findall(value)]
    if len(found) > 1:
        found = list(dict.fromkeys(found))[-limits.REFERENCE_COUNT :]
    return tuple(entry.decode("utf-8", "replace") for entry in found if 2 < len(entry) <= limits.REFERENCE_OCTETS)


def _own_id(value: bytes) -> str:
    ids = message_ids(value)
    if ids:
        return ids[0]
    bare = b"".join(value.split())[: limits.REFERENCE_OCTETS]
    return f"<{bare.decode('utf-8', 'replace').strip('<>')}>" if bare.strip(b"<>") else ""


def _list_id(value: bytes) -> str:
    start, end = value.rfind(b"<"), value.rfind(b">")
    inner = value[start + 1 : end] if 0 <= start < end else value
    return decode_words(inner).strip().lower()


def _content_type(value: bytes) -> str:
    kind = value.partition(b";")[0].strip().lower()
    return kind.decode("ascii", "replace") if kind.count(b"/") == 1 and len(kind) < 128 else "text/plain"


_WANTED: Final = frozenset(
    ("from", "to", "cc", "subject", "date", "message-id", "references", "in-reply-to", "list-id", "content-type")
)
_ADDRESS_FIELDS: Final = ("from", "to", "cc")


# A line that is neither a field nor the rest of one.
_STRANGE: Final = re.compile(rb"\n(?!\Z)(?![!-9;-~]+[ \t]*:|[ \t])")
_FIELD: Final = re.compile(
    rb"(?i)\n(" + "|".join(sorted(_WANTED)).encode() + rb")[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)"
)


def _wanted_fields(block: bytes) -> Iterator[tuple[str, bytes]]:
    """The fields a summary is made of. In a block where every line is one they are looked up, most of the cost
    would be fields nobody asked for; the scanner reads what is stranger."""
    framed = b"\n" + block
    if (
        len(block) > limits.HEADER_OCTETS
        or block.count(b"\n") > limits.HEADER_COUNT
        or block.count(b"\r") != block.count(b"\r\n")
        or _STRANGE.search(framed)
    ):
        yield from ((name.lower(), value) for name, value in scan_headers(block) if name.lower() in _WANTED)
        return
    for found in _FIELD.finditer(framed):
        value = found[2]
        if b"\n" in value:
            value = value.replace(b"\r", b"").replace(b"\n", b"")
        yield found[1].decode("ascii").lower(), value.strip(b" \t\r")[: limits.FIELD_OCTETS]


def summarize(block: bytes) -> HeaderSummary:
    """One pass over a header block (aim: 20,000 a second)."""
    values: dict[str, bytes] = {}
    for name, value in _wanted_fields(block):
        if name not in values:
            values[name] = value
        elif name in _ADDRESS_FIELDS:
            values[name] = (values[name] + b", " + value)[: limits.FIELD_OCTETS]
    get = values.get
    references = message_ids(get("references", b""))
    for parent in message_ids(get("in-reply-to", b""))[:1]:
        if parent not in references:
            references = (*references, parent)[-limits.REFERENCE_COUNT :]
    return HeaderSummary(
        from_=parse_addresses(get("from", b"")),
        to=parse_addresses(get("to", b"")),
        cc=parse_addresses(get("cc", b"")),
        subject=decode_words(get("subject", b"")),
        date=parse_date(get("date", b"")),
        message_id=_own_id(get("message-id", b"")),
        references=references,
        list_id=_list_id(get("list-id", b"")),
        content_type=_content_type(get("content-type", b"")),
    )
