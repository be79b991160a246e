"""The text of a message for the full-text index: cheap, bounded, without headers."""

import msgspec

from termail.mime import limits
from termail.mime.html import bare_text
from termail.mime.message import main_texts, parse_message
from termail.mime.part import Part


def extract_text(raw: bytes) -> str:
    """Plain text and the words of HTML, attached messages' too, and the names of attachments. Never raises.

    Each multipart/alternative counts once. At most INDEXED_CHARACTERS."""
    root = parse_message(raw)
    hidden = main_texts(root).hidden
    pieces: list[str] = []
    left = limits.INDEXED_CHARACTERS
    for part in root.walk():
        if left <= 0:
            break
        if part.is_multipart or id(part) in hidden:
            continue
        piece = _text_of(part, left)
        if piece:
            pieces.append(piece)
            left -= len(piece) + 1
    text = "\n".join(pieces)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")  # no lone surrogates


def _text_of(part: Part, left: int) -> str:
    if not part.content_type.startswith("text/") or part.disposition == "attachment":
        return part.filename[:1000]
    octets = _window(part, left)
    text = octets.text()
    return (bare_text(text) if part.content_type == "text/html" else text)[:left]


def _window(part: Part, left: int) -> Part:
    """The first octets of a huge text: four for each character wanted are enough."""
    if part.end - part.start <= left * 4 or part.children:
        return part
    return msgspec.structs.replace(part, end=part.start + left * 4)
