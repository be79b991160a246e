"""Markdown as HTML for the second half of multipart/alternative; what is written stays the plain text."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def markdown_to_html(text: str) -> str:
    """A small document of its own: no scripts, no raw HTML, nothing remote; the signature stays as it is."""
    body, dashes, signature = text.partition("\n-- \n")
    html = _renderer().render(body)
    if dashes:
        html += _renderer().render("```\n-- \n" + signature.replace("```", "") + "\n```\n")
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{html}</body></html>\n'


@cache
def _renderer() -> "MarkdownIt":
    """CommonMark with tables and struck text; imported when the first message is Markdown."""
    from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
