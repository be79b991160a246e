"""Reads one line of dialogue and says what its words mean; it never fails, and never knows more than the line."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from termail.classroom.explain import codes, dns, headers, imap, managesieve, pop3, smtp
from termail.classroom.explain.note import Note

NOTES_LIMIT: Final = 14
_WORD: Final = re.compile(r"[\\$A-Za-z0-9][A-Za-z0-9.=+-]*")
_BRACKETED: Final = re.compile(r"\[([A-Za-z/-]+)")
_PARENTHESISED: Final = re.compile(r"\(([A-Z-]+)")
_REPLY: Final = re.compile(r"(\d{3})([ -]?)(?:(\d\.\d{1,3}\.\d{1,3})(?=\s|$))?\s*(.*)")
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):")
_CONTENT: Final = Note("", "a line of the message", "RFC 5322 §2.1")


def explain(protocol: str, direction: str, text: str, *, is_content: bool = False) -> list[Note]:
    """Notes on a line, the one on the whole line first. `protocol` smtp, imap, pop3, managesieve, dns or tls; `is_content`
    when the line is part of a message that travels."""
    if is_content:
        return content_notes(text)
    reader = _READERS.get((protocol, direction)) or _READERS.get((protocol, ""))
    if reader is None:
        return []
    notes: dict[str, Note] = {}
    for note in reader(text):
        notes.setdefault(note.word.upper(), note)
        if len(notes) >= NOTES_LIMIT:
            break
    return list(notes.values())


def hint(protocol: str, text: str) -> str:
    """Words and RFC for a line the client says, "" when no table knows it."""
    notes = explain(protocol, "C", text)
    return notes[0].text if notes else ""


def content_notes(text: str) -> list[Note]:
    """A line of a message: a header field, the dot, or text."""
    if text == ".":
        return [Note(".", "the end of the message", "RFC 5321 §4.1.1.4", "CRLF.CRLF: the server answers now.")]
    if text.startswith(".."):
        return [Note("..", "a dot of the text, doubled", "RFC 5321 §4.5.2", "The receiver takes one away.")]
    if text == "":
        return [Note("", "header above, body below", "RFC 5322 §2.1", "The first empty line parts them.")]
    if text.startswith("--"):
        return [Note("--", "a boundary between parts", "RFC 2046 §5.1.1")]
    field = _FIELD.match(text)
    if field is not None:
        return [headers.FIELDS.get(field[1].upper(), Note(field[1], "a header field", "RFC 5322 §2.2"))]
    if text[:1] in (" ", "\t"):
        return [Note("", "the field goes on (folded)", "RFC 5322 §2.2.3")]
    return [_CONTENT]


def _smtp_command(text: str) -> Iterator[Note]:
    words = text.split()
    if not words:
        return
    yield from _found(smtp.COMMANDS, words[0])
    if words[0].upper() == "AUTH" and len(words) > 1:
        yield from _found(smtp.MECHANISMS, words[1])
    for word in words[1:]:
        yield from _found(smtp.PARAMETERS, word.partition("=")[0])


def _smtp_reply(text: str) -> Iterator[Note]:
    reply = _REPLY.match(text)
    if reply is None:
        return
    code, _, detail, rest = reply.groups()
    extension = smtp.EXTENSIONS.get(rest.split(" ", 1)[0].upper()) if code == "250" and rest else None
    if extension is not None:
        yield extension
        if extension.word == "AUTH":
            for word in rest.split()[1:]:
                yield from _found(smtp.MECHANISMS, word)
        return
    yield from _found(codes.REPLIES, code)
    note = codes.enhanced(detail) if detail else None
    if note is not None:
        yield note


def _imap_command(text: str) -> Iterator[Note]:
    words = text.split()
    at = 0 if words and words[0].upper() == "DONE" else 1
    if at >= len(words):
        return
    by_uid = words[at].upper() == "UID" and at + 1 < len(words)
    if by_uid:
        at += 1
    yield from _found(imap.COMMANDS, words[at])
    if by_uid:
        yield imap.COMMANDS["UID"]
    rest = " ".join(words[at + 1 :])
    if words[at].upper() == "AUTHENTICATE":
        yield from _all(smtp.MECHANISMS, rest)
    elif words[at].upper() in ("FETCH", "STORE", "SELECT", "EXAMINE", "APPEND", "STATUS"):
        yield from _all(imap.ITEMS, rest)
        yield from _all(imap.FLAGS, rest)


def _imap_response(text: str) -> Iterator[Note]:
    words = text.split()
    if not words:
        return
    if words[0] == "+":
        yield imap.RESPONSES["+"]
        return
    at = 2 if len(words) > 2 and words[1].isdigit() else 1
    name = words[at].upper() if at < len(words) else ""
    yield from _found(imap.RESPONSES, name)
    if name in ("OK", "NO", "BAD", "BYE", "PREAUTH"):
        for code in _BRACKETED.findall(text):
            yield from _found(imap.CODES, code)
    if name == "CAPABILITY" or "[CAPABILITY" in text.upper():
        yield from _all(imap.CAPABILITIES, text)
    elif name == "FETCH":
        yield from _all(imap.ITEMS, text)
        yield from _all(imap.FLAGS, text)
    elif "PERMANENTFLAGS" in text or name == "FLAGS":
        yield from _all(imap.FLAGS, text)


def _pop3_command(text: str) -> Iterator[Note]:
    words = text.split()
    if words:
        yield from _found(pop3.COMMANDS, words[0])
        if words[0].upper() == "AUTH" and len(words) > 1:
            yield from _found(smtp.MECHANISMS, words[1])


def _pop3_answer(text: str) -> Iterator[Note]:
    word = text.split(" ", 1)[0]
    yield from _found(pop3.ANSWERS, word)
    for code in _BRACKETED.findall(text):
        yield from _found(pop3.CODES, code)
    yield from _found(pop3.CAPABILITIES, word)


def _managesieve_command(text: str) -> Iterator[Note]:
    words = _WORD.findall(text)
    if words:
        yield from _found(managesieve.COMMANDS, words[0])
        if words[0].upper() == "AUTHENTICATE" and len(words) > 1:
            yield from _found(smtp.MECHANISMS, words[1])


def _managesieve_answer(text: str) -> Iterator[Note]:
    """`OK`, `NO (QUOTA) "…"`, a capability in quotes, or the name of a script."""
    first, *rest = text.split(None, 1) or [""]
    if first in ("OK", "NO", "BYE"):
        yield managesieve.ANSWERS[first]
        for code in _PARENTHESISED.findall(" ".join(rest)[:80]):
            yield from _found(managesieve.CODES, code)
    elif first.startswith('"'):
        note = managesieve.CAPABILITIES.get(first.strip('"').upper())
        if note is not None:
            yield note
            if note.word == "SASL":
                yield from _all(smtp.MECHANISMS, " ".join(rest))
        elif text.endswith(" ACTIVE"):
            yield managesieve.ANSWERS["ACTIVE"]


def _dns(text: str) -> Iterator[Note]:
    for word in text.replace("?", " ").split():
        yield from _found(dns.RECORDS, word)
        yield from _found(dns.ANSWERS, word.strip('",;'))


def _tls(text: str) -> Iterator[Note]:
    yield Note("TLS", "what a listener on the network sees", "RFC 8446 §5.1", "Type, version, length; then noise.")


def _found(notes: Mapping[str, Note], word: str) -> Iterator[Note]:
    note = notes.get(word.upper()) or notes.get(word)
    if note is not None:
        yield note


def _all(notes: Mapping[str, Note], text: str) -> Iterator[Note]:
    for word in _WORD.findall(text):
        name = word.strip(".+")
        yield from _found(notes, name)


_READERS: Final[dict[tuple[str, str], Callable[[str], Iterator[Note]]]] = {
    ("smtp", "C"): _smtp_command,
    ("smtp", "S"): _smtp_reply,
    ("imap", "C"): _imap_command,
    ("imap", "S"): _imap_response,
    ("pop3", "C"): _pop3_command,
    ("pop3", "S"): _pop3_answer,
    ("managesieve", "C"): _managesieve_command,
    ("managesieve", "S"): _managesieve_answer,
    ("dns", ""): _dns,
    ("tls", ""): _tls,
}
