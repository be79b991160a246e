"""A received message as a tree of parts (iterative, tolerant, capped)."""

from termail.mime.parser import Parser
from termail.mime.part import Part

__all__ = ["Part", "attachments", "main_text", "parse_message"]


def parse_message(raw: bytes) -> Part:
    """The root part. Never raises; what is broken is told in `problem`."""
    return Parser(raw).parse()


def _is_shown_text(part: Part) -> bool:
    return (
        part.content_type
        in ("text/plain", "text/html", "text/enriched", "text/markdown", "text/x-patch", "text/x-diff")
        or (part.content_type.startswith("text/") and part.content_type != "text/calendar")
    ) and part.disposition != "attachment"


def main_text(root: Part, *, prefer_html: bool = False) -> Part | None:
    """The part a reader wants first (multipart/alternative and related understood)."""
    chosen: dict[int, Part | None] = {}
    for part in reversed(list(root.walk())):  # children before their parents
        chosen[id(part)] = _choice(part, [chosen[id(child)] for child in part.children], prefer_html, part is root)
    return chosen[id(root)]


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
    wanted = ("text/html", "text/plain") if prefer_html else ("text/plain", "text/html")
    for kind in wanted:
        for candidate in candidates:
            # An empty plain text beside the HTML says nothing: newsletters do that.
            if candidate.content_type == kind and (kind == "text/html" or candidate.decoded().strip()):
                return candidate
    return candidates[0]


def attachments(root: Part) -> list[Part]:
    """Every leaf and every attached message that is neither the shown text nor another version of it, in order."""
    shown = main_text(root)
    versions = {id(part) for part in _versions(root, shown)}
    found: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.is_multipart or (part is root and part.content_type == "message/rfc822"):
            waiting.extend(reversed(part.children))
        elif id(part) not in versions:
            found.append(part)
        else:
            found.extend(part.children)  # uuencoded files in the text
    return found


def _versions(root: Part, shown: Part | None) -> list[Part]:
    """The shown text, and the texts that stand beside it in a multipart/alternative."""
    if shown is None:
        return []
    versions = [shown]
    for part in root.walk():
        if part.content_type == "multipart/alternative":
            inside = list(part.walk())
            if any(entry is shown for entry in inside):
                versions += [entry for entry in inside if _is_shown_text(entry)]
    return versions
