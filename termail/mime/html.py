"""HTML mail as text to read: laid out by a process with a deadline, bare text when that fails."""

import html as entities
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from termail.mime import limits
from termail.mime.html_process import HtmlProcess
from termail.mime.html_worker import Rendered, Request
from termail.mime.link_numbers import LinkNumbers

_ESCAPED_LIST: Final = re.compile(r"(?m)^([ \t]*+(?:>[ \t]?)*+)(?:\\([-+#>])|(\d{1,9})\\\.)")
_TRAILING_SPACE: Final = re.compile(r"(?m)(?<![ \t])[ \t]+$")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_LONG_GAP: Final = re.compile(r"(?<=\S) {4,}")
_UNSEEN: Final = re.compile(r"(?i)<(script|style|head|title|template|svg|!--)")
_UNSEEN_ENDS: Final = {"!--": re.compile("-->")} | {
    name: re.compile(f"(?i)</{name}") for name in ("script", "style", "head", "title", "template", "svg")
}
_BREAK: Final = re.compile(
    r"(?i)<(?:br|/?p|/?div|/?tr|/?table|/?ul|/?ol|li|/?h[1-6]|/?blockquote|hr)\b[^<>]{0,5000}>"
)
_TAG: Final = re.compile(r"<[/!?a-zA-Z][^<>]*+>")


class HtmlText(msgspec.Struct, frozen=True, kw_only=True):
    """The text (not sanitised yet) and what the reader should be told about it."""

    text: str
    problems: tuple[str, ...]


def html_to_text(document: str, *, links: LinkNumbers, process: HtmlProcess) -> HtmlText:
    """Never raises; nothing is fetched; the process is killed at its deadline."""
    request = Request(document[: limits.HTML_OCTETS], len(links.links))
    rendered = process.render(request)
    if rendered is None:
        told = "[this HTML took too long to lay out: shown as bare text]"
        return HtmlText(text=_tidied(bare_text(document)), problems=(told,))
    links.extend(rendered.links)
    told_of = tuple(_problems(rendered, len(document) > limits.HTML_OCTETS))
    return HtmlText(text=_tidied(rendered.text), problems=told_of)


def bare_text(document: str) -> str:
    """The text of an HTML document in linear time and without a parser: for the index, and when all else fails."""
    visible = "".join(_visible(document[: limits.HTML_OCTETS]))
    return entities.unescape(_TAG.sub("", _BREAK.sub("\n", visible))).replace("\r", "\n")


def _visible(document: str) -> Iterator[str]:
    """`document` without comments, scripts, styles and head. Linear: what has no end is looked for once."""
    position = 0
    endless: set[str] = set()
    while (found := _UNSEEN.search(document, position)) is not None:
        yield document[position : found.start()]
        name = found[1].lower()
        end = None if name in endless else _UNSEEN_ENDS[name].search(document, found.end())
        if end is not None:
            position = end.end()
            continue
        if name in ("!--", "script", "style"):
            return
        endless.add(name)
        position = found.end()
        yield "<"
    yield document[position:]


def _problems(rendered: Rendered, is_cut: bool) -> Iterator[str]:
    if rendered.blocked_images:
        yield f"[{_counted(rendered.blocked_images, 'remote image')} not loaded]"
    if rendered.tracking_pixels:
        yield f"[{_counted(rendered.tracking_pixels, 'tracking pixel')} not loaded]"
    for shown, target, number in rendered.deceptive:
        yield f"[link {number} says {shown} but leads to {target}]"
    if is_cut or rendered.is_cut:
        yield "[this HTML is too large: the end is left out]"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _tidied(text: str) -> str:
    text = _ESCAPED_LIST.sub(lambda found: found[1] + (found[2] or f"{found[3]}."), text)
    text = _TRAILING_SPACE.sub("", text.replace("\r", "\n"))
    return _EMPTY_LINES.sub("\n\n", _LONG_GAP.sub("   ", text)).strip("\n")
