"""HTML mail as text to read: reduced first, then rendered by html2text under a deadline."""

import html as entities
import re
from typing import Final

import msgspec

from termail.mime.html_process import HtmlProcess
from termail.mime.html_simplify import Simplified, simplify
from termail.mime.link_numbers import LinkNumbers, true_host

_ESCAPED_LIST: Final = re.compile(r"(?m)^(\s*(?:>\s*)*)(?:\\([-+#>])|(\d{1,9})\\\.)")
_TRAILING_SPACE: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_TAG: Final = re.compile(r"<[^<>]*>")
_LONG_GAP: Final = re.compile(r"(?<=\S) {4,}")


class HtmlText(msgspec.Struct, frozen=True, kw_only=True):
    """The text (not sanitised yet) and what the reader should be told about it."""

    text: str
    problems: tuple[str, ...]


def html_to_text(document: str, *, links: LinkNumbers, process: HtmlProcess) -> HtmlText:
    """Never raises; nothing is fetched; the process is killed at its deadline."""
    simplified = simplify(document, number=links.number, host_of=true_host)
    rendered = process.render(simplified.markup)
    problems = list(_problems(simplified))
    if rendered is None:
        rendered = text_of_markup(simplified.markup)
        problems.append("[this HTML took too long to lay out: shown as bare text]")
    return HtmlText(text=_tidied(rendered), problems=tuple(problems))


def bare_text(document: str) -> str:
    """The text of an HTML document, cheaply, for the full-text index."""
    return text_of_markup(simplify(document, number=lambda _url: 0, host_of=lambda _url: "").markup)


def text_of_markup(markup: str) -> str:
    """Reduced markup as text without html2text."""
    text = markup.replace("<br>", "\n").replace("<p>", "\n\n").replace("<li>", "\n  * ").replace("<pre>", "\n")
    return entities.unescape(_TAG.sub("\n", text)).replace("\r", "\n")


def _problems(simplified: Simplified) -> list[str]:
    told = []
    if simplified.blocked_images:
        told.append(f"[{_counted(simplified.blocked_images, 'remote image')} not loaded]")
    if simplified.tracking_pixels:
        told.append(f"[{_counted(simplified.tracking_pixels, 'tracking pixel')} not loaded]")
    for shown, target, number in simplified.deceptive:
        told.append(f"[link {number} says {shown} but leads to {target}]")
    if simplified.is_cut:
        told.append("[this HTML is too large: the end is left out]")
    return told


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _tidied(text: str) -> str:
    text = _ESCAPED_LIST.sub(lambda found: found[1] + (found[2] or f"{found[3]}."), text)
    text = _TRAILING_SPACE.sub("", text.replace("\r", "\n"))
    return _EMPTY_LINES.sub("\n\n", _LONG_GAP.sub("   ", text)).strip("\n")
