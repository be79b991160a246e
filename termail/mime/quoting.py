"""The text of a received message as material for a reply or a forward: sanitised, unflowed, quoted."""

import re
from typing import Final

from termail.mime import limits
from termail.mime.body_lines import unflow
from termail.mime.html import html_to_text
from termail.mime.html_process import HtmlProcess, shared_process
from termail.mime.link_numbers import LinkNumbers
from termail.mime.message import main_text
from termail.mime.part import Part
from termail.mime.sanitize import clean_text
from termail.mime.wrapping import wrap

_WIDTH: Final = 72
_QUOTED: Final = re.compile(r">[> ]*")


def readable_text(root: Part, html_process: HtmlProcess | None = None, *, is_wrapped: bool = True) -> str:
    """The shown text with "\n"; HTML links listed at the end; paragraphs of flowed text wrapped or left long."""
    part = main_text(root)
    if part is None:
        return ""
    text = part.text()[: limits.SHOWN_CHARACTERS]
    if part.content_type == "text/html":
        links = LinkNumbers()
        text = html_to_text(text, links=links, process=html_process or shared_process()).text
        text += (
            "".join(f"\n[{number}] {url}" for number, (url, _) in enumerate(links.links, 1)) if links.links else ""
        )
        return _wrapped(clean_text(text).split("\n"))
    lines = clean_text(text).rstrip("\n").split("\n")
    if part.parameters.get("format", "").lower() == "flowed":
        paragraphs = list(unflow(lines, del_sp=part.parameters.get("delsp", "").lower() == "yes"))
        return _wrapped(paragraphs) if is_wrapped else "\n".join(paragraphs)
    return "\n".join(lines)


def quote(text: str) -> str:
    """Each line with "> " before it (">" before one quoted already); the signature is left out."""
    return "\n".join(_quoted(line) for line in without_signature(text).split("\n"))


def without_signature(text: str) -> str:
    """`text` up to its last "-- " line."""
    if text.startswith("-- \n"):
        return ""
    position = text.rfind("\n-- \n")
    return (text if position < 0 else text[:position]).strip("\n")


def _quoted(line: str) -> str:
    line = line.rstrip()
    if not line:
        return ">"
    return f">{line}" if line.startswith(">") else f"> {line}"


def _wrapped(lines: list[str]) -> str:
    wrapped: list[str] = []
    for line in lines:
        if len(line) <= _WIDTH:
            wrapped.append(line)
            continue
        found = _QUOTED.match(line)
        wrapped += wrap(line, _WIDTH, found[0] if found else "")
    return "\n".join(wrapped)
