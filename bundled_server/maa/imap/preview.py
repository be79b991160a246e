"""PREVIEW: the first words of a message, for a line in a list (RFC 8970)."""

import html
import re

from bundled_server.mailbox.decoded import as_text, transfer_decoded
from bundled_server.mailbox.structure import Part

LONGEST_PREVIEW = 200
_OCTETS_READ = 32_768
_MOST_PARTS_SEEN = 100
_INVISIBLE = re.compile(r"<(script|style|head|title)\b")
_TAG = re.compile(r"<[^<>]{0,4096}>")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\s]+")


def preview(data: bytes, root: Part) -> str:
    """At most LONGEST_PREVIEW characters of the first text in the message, plain text before HTML; "" when it has
    none. Quoted lines are passed over where there is something else to show."""
    texts = _texts(root)
    plain = next((part for part in texts if part.subtype == b"PLAIN"), None)
    part = plain or next((part for part in texts if part.subtype == b"HTML"), None)
    if part is None:
        return ""
    end = part.body_start + _OCTETS_READ
    octets = data[part.body_start : min(part.body_end, end)]
    charset = next((value for name, value in part.parameters if name == b"CHARSET"), b"utf-8")
    octets = transfer_decoded(octets, part.encoding)
    if part.body_end > end:
        octets = octets[: octets.rfind(b"\n") + 1] or octets  # not in the middle of a character
    text = as_text(octets, charset.decode("latin-1"))
    shown = _text_of_html(text) if part.subtype == b"HTML" else _without_quotes(text)
    return _NOT_SHOWN.sub(" ", shown).strip()[:LONGEST_PREVIEW]


def _texts(root: Part) -> list[Part]:
    """Text parts in order, but for attachments and what lies in messages inside."""
    found: list[Part] = []
    waiting = [root]
    seen = 0
    while waiting and seen < _MOST_PARTS_SEEN:
        part = waiting.pop()
        seen += 1
        if part.is_multipart:
            waiting.extend(reversed(part.children))
        elif part.main_type == b"TEXT" and (part.disposition is None or part.disposition[0] != b"ATTACHMENT"):
            found.append(part)
    return found


def _text_of_html(text: str) -> str:
    return html.unescape(_TAG.sub(" ", _visible(text)))


def _visible(text: str) -> str:
    """HTML without the elements that are not shown; one that does not end is text."""
    lower = text.lower()
    kept = []
    position = 0
    unclosed: set[str] = set()
    for found in _INVISIBLE.finditer(lower):
        if found.start() < position or found[1] in unclosed:
            continue
        end = lower.find(f"</{found[1]}", found.end())
        if end < 0:
            unclosed.add(found[1])
            continue
        kept.append(text[position : found.start()])
        position = end
    kept.append(text[position:])
    return " ".join(kept)


def _without_quotes(text: str) -> str:
    own = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    return "\n".join(own) if any(line.strip() for line in own) else text
