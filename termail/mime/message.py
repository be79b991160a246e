"""A received message as a tree of parts (iterative, tolerant, capped)."""

import msgspec

from termail.mime.parser import Parser
from termail.mime.part import Part

__all__ = ["MainTexts", "Part", "attachments", "main_text", "main_texts", "parse_message"]


def parse_message(raw: bytes) -> Part:
    """The root part. Never raises; what is broken is told in `problem`."""
    return Parser(raw).parse()


def _is_shown_text(part: Part) -> bool:
    return (
        part.content_type.startswith("text/")
        and part.content_type not in ("text/calendar", "text/rfc822-headers")
        and part.disposition != "attachment"
    )


class MainTexts(msgspec.Struct, frozen=True):
    """The text to read first, and the ids of the parts that are other versions of what is shown."""

    first: Part | None
    hidden: frozenset[int]


def main_texts(root: Part, *, prefer_html: bool = False) -> MainTexts:
    """Choose in every multipart/alternative of the message."""
    chosen: dict[int, Part | None] = {}
    parts = list(root.walk())
    for part in reversed(parts):  # children before their parents
        below = [chosen[id(child)] for child in part.children]
        chosen[id(part)] = _choice(part, below, prefer_html, part is root)
    hidden: set[int] = set()
    for part in parts:
        if part.content_type == "multipart/alternative" and id(part) not in hidden:
            kept = chosen[id(part)]
            hidden.update(id(entry) for entry in part.walk() if _is_shown_text(entry) and entry is not kept)
    return MainTexts(chosen[id(root)], frozenset(hidden))


def main_text(root: Part, *, prefer_html: bool = False) -> Part | None:
    """The part a reader wants first (multipart/alternative and related understood)."""
    return main_texts(root, prefer_html=prefer_html).first


def _choice(part: Part, below: list[Part | None], prefer_html: bool, is_root: bool) -> Part | None:
    if not part.is_multipart:
        if part.content_type == "message/rfc822" and is_root and below:
            return below[0]
        return part if _is_shown_text(part) else None
    candidates = [candidate for candidate in below if candidate is not None]
    if not candidates:
        return None
    if part.content_type == "multipart/related":
        start = part.parameters.get("start", "").strip("<>")
        for child, candidate in zip(part.children, below, strict=True):
            if start and child.content_id == start and candidate is not None:
                return candidate
    if part.content_type == "multipart/alternative":
        return _alternative(candidates, prefer_html)
    return next((candidate for candidate in candidates if not candidate.filename), candidates[0])


def _alternative(candidates: list[Part], prefer_html: bool) -> Part:
    for kind in ("text/html", "text/plain") if prefer_html else ("text/plain", "text/html"):
        for candidate in candidates:
            # An empty plain text beside the HTML says nothing: newsletters do that.
            if candidate.content_type == kind and (kind == "text/html" or candidate.decoded().strip()):
                return candidate
    return candidates[0]


def attachments(root: Part) -> list[Part]:
    """Every leaf and every attached message that is neither the shown text nor another version of it, in order."""
    texts = main_texts(root)
    found: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.is_multipart or (part is root and part.content_type == "message/rfc822"):
            waiting.extend(reversed(part.children))
        elif part is texts.first or id(part) in texts.hidden:
            waiting.extend(reversed(part.children))  # uuencoded files in the text
        else:
            found.append(part)
    return found
