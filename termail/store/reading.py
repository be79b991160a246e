"""What the store keeps of a message's octets for the index and for search."""

import re
import zlib
from html import unescape
from typing import Final

import msgspec

from termail.mime.headers import HeaderSummary
from termail.mime.message import attachments, main_text, parse_message

TEXT_LIMIT: Final = 1_000_000
"""Characters of a body that are indexed."""
NAMES_LIMIT: Final = 2_000
SHOWN_RECIPIENTS: Final = 3

_TAG: Final = re.compile(r"<[^<>]*>")
_HIDDEN: Final = re.compile(r"<(style|script)\b", re.IGNORECASE)
_HIDDEN_END: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("style", "script")}
_FILENAME: Final = re.compile(rb'"(?:file)?name\*?(?:0\*?)?" "([^"\\]{1,255})"', re.IGNORECASE)


class BodyFacts(msgspec.Struct, frozen=True):
    """What a whole message tells beyond its header."""

    text: str
    lines: int
    attachment_count: int
    attachment_names: str


def read_body(raw: bytes) -> BodyFacts:
    """Searchable text and attachments of a whole message."""
    root = parse_message(raw)
    part = main_text(root)
    text = "" if part is None else part.text()[:TEXT_LIMIT]
    lines = text.count("\n")
    if part is not None and part.content_type == "text/html":
        text = _words_of_html(text)
    files = [entry for entry in attachments(root) if entry.filename or entry.disposition == "attachment"]
    names = "\n".join(f"{entry.filename} {entry.content_type}" for entry in files)
    return BodyFacts(_mend_text(text), lines, len(files), _mend_text(names[:NAMES_LIMIT]))


def _words_of_html(html: str) -> str:
    """The text between the tags, good enough to be searched; linear whatever the input."""
    shown, position = [], 0
    while (hidden := _HIDDEN.search(html, position)) is not None:
        shown.append(html[position : hidden.start()])
        end = _HIDDEN_END[hidden[1].lower()].search(html, hidden.end())
        position = len(html) if end is None else end.start()
    shown.append(html[position:])
    return unescape(_TAG.sub(" ", "".join(shown)))


def read_structure(body_structure: bytes, content_type: str) -> tuple[int, str]:
    """(attachments, their names) as far as IMAP's BODYSTRUCTURE or the content type alone can tell."""
    if body_structure:
        lowered = body_structure.lower()
        names = [name.decode("utf-8", "replace") for name in _FILENAME.findall(body_structure)]
        return max(lowered.count(b'"attachment"'), 0), "\n".join(dict.fromkeys(names))[:NAMES_LIMIT]
    return int(content_type == "multipart/mixed"), ""


def storable(summary: HeaderSummary) -> HeaderSummary:
    """The same without lone surrogates, which a hostile charset can smuggle in and SQLite refuses."""
    try:
        texts = [summary.subject, summary.message_id, summary.list_id, summary.content_type, *summary.references]
        for pairs in (summary.from_, summary.to, summary.cc):
            for pair in pairs:
                texts += pair
        "".join(texts).encode()
        return summary
    except UnicodeEncodeError:
        mended = msgspec.to_builtins(summary, builtin_types=(bytes,), str_keys=True)
        return msgspec.convert(_mend(mended), HeaderSummary)


def _mend(value: object) -> object:
    if isinstance(value, str):
        return _mend_text(value)
    if isinstance(value, dict):
        return {key: _mend(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(entry) for entry in value]
    return value


def _mend_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def people(pairs: tuple[tuple[str, str], ...]) -> str:
    """Addresses as searchable text: "Name <address>, …"."""
    if len(pairs) == 1:
        name, address = pairs[0]
        return f"{name} <{address}>" if name else f"<{address}>"
    return ", ".join(f"{name} <{address}>" if name else f"<{address}>" for name, address in pairs)


def shown_recipients(pairs: tuple[tuple[str, str], ...]) -> str:
    """The first few recipients as the index shows them."""
    if len(pairs) == 1:
        return pairs[0][0] or pairs[0][1]
    return ", ".join(name or address for name, address in pairs[:SHOWN_RECIPIENTS])


def to_me(summary: HeaderSummary, mine: frozenset[str]) -> str:
    """mutt's to-chars: "+" to you alone, "T" to you among others, "C" in copy, "F" from you, "L" by a list."""
    if summary.from_ and summary.from_[0][1].lower() in mine:
        return "F"
    if any(address.lower() in mine for _, address in summary.to):
        return "+" if len(summary.to) == 1 and not summary.cc else "T"
    if any(address.lower() in mine for _, address in summary.cc):
        return "C"
    return "L" if summary.list_id else ""


def pack(data: bytes) -> bytes:
    """Compressed as stored; level 1 costs about 25 µs for a header block."""
    return zlib.compress(data, 1)


def unpack(packed: bytes) -> bytes:
    """The opposite of `pack`."""
    return zlib.decompress(packed)
