"""HTML mail reduced to the few elements that carry reading: no scripts, styles, hidden text, images or layout."""

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from termail.mime import limits

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_DROPPED: Final = frozenset(
    ("script", "style", "head", "title", "template", "object", "embed", "applet", "iframe", "frame", "frameset",
     "svg", "math", "canvas", "audio", "video", "select", "option", "datalist", "textarea", "noembed", "noframes",
     "map", "area", "base", "link", "meta", "input", "button", "param", "source", "track", "-comment")
)  # fmt: skip
_BLOCKS: Final = frozenset(
    ("div", "section", "article", "header", "footer", "main", "aside", "nav", "center", "form", "fieldset",
     "address", "figure", "figcaption", "tr", "caption", "dt", "dd", "dl", "body", "details", "summary", "o:p")
)  # fmt: skip
_PARAGRAPHS: Final = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "table"))
_KEPT: Final = frozenset(("ul", "ol", "li", "blockquote", "pre"))
_HIDDEN_STYLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)"
    r"|max-height\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_FILLER: Final = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")
_LOOKS_LIKE_HOST: Final = re.compile(
    r"(?i)^\s*(?:https?://)?((?:[a-z0-9-]{1,63}\.)+[a-z]{2,24})(?:[/:?#]\S*)?\s*$"
)


class Simplified(msgspec.Struct, kw_only=True):
    """The reduced HTML, and what was found and left out on the way."""

    markup: str
    blocked_images: int = 0
    tracking_pixels: int = 0
    is_cut: bool = False
    deceptive: list[tuple[str, str, int]] = []
    """(host the text shows, host the link leads to, number of the link)"""


def simplify(document: str, *, number: Callable[[str], int], host_of: Callable[[str], str]) -> Simplified:
    """`document` as markup of p, br, ul, ol, li, blockquote and pre alone; links become their text and "[n]"."""
    from selectolax.lexbor import LexborHTMLParser

    walker = _Walker(number, host_of)
    walker.result.is_cut = len(document) > limits.HTML_OCTETS
    tree = LexborHTMLParser(document[: limits.HTML_OCTETS].replace("\x00", ""))
    if tree.body is not None:
        walker.walk(tree.body)
    walker.result.markup = "".join(walker.out)
    return walker.result


class _Walker:
    """An iterative walk over the tree, writing the reduced markup."""

    def __init__(self, number: Callable[[str], int], host_of: Callable[[str], str]) -> None:
        self.out: list[str] = []
        self.result = Simplified(markup="", deceptive=[])
        self._number, self._host_of = number, host_of
        self._is_fresh = True  # nothing but breaks since the last line began
        self._pre = 0
        self._kept = 0

    def walk(self, body: "LexborNode") -> None:
        """Depth first: a stack holds nodes to enter and texts to write when a node is left."""
        waiting: list[LexborNode | str] = [body]
        nodes = 0
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                self._leave(item)
                continue
            nodes += 1
            if nodes > limits.HTML_NODES:
                self.result.is_cut = True
                break
            if item.is_text_node:
                self._text(item.text_content or "")
                continue
            closing = self._enter(item)
            if closing is None:
                continue
            waiting.append(closing)
            children: list[LexborNode | str] = []
            child = item.first_child
            while child is not None and len(children) <= limits.HTML_NODES:
                children.append(child)
                child = child.next
            waiting.extend(reversed(children))

    def _enter(self, node: "LexborNode") -> str | None:
        """Write what opens `node`; → what closes it, None to leave it out with all below."""
        tag = node.tag or ""
        if tag in _DROPPED or not node.is_element_node:
            return None
        if tag == "br":
            self._break("<br>", always=True)
            return None
        if tag == "hr":
            self._break("<br>")
            self._write("────────<br>")
            self._is_fresh = True
            return None
        if tag == "img":
            self._image(node.attributes)
            return None
        if tag == "p" and node.first_child is None:
            return None
        attributes = node.attributes
        if attributes and _is_hidden(attributes):
            return None
        return self._open(tag, attributes)

    def _open(self, tag: str, attributes: dict[str, str | None]) -> str:
        if tag == "a":
            return self._anchor(attributes)
        if tag in _KEPT and self._kept < limits.HTML_DEPTH:
            self._kept += 1
            self._pre += tag == "pre"
            self._write(f"<{tag}>")
            self._is_fresh = True
            return f"</{tag}>"
        if tag in _PARAGRAPHS:
            self._break("<p>")
            return "<p>"
        if tag in _BLOCKS:
            self._break("<br>")
            return "<br>"
        return "   " if tag in ("td", "th") else ""

    def _anchor(self, attributes: dict[str, str | None]) -> str:
        number = self._number(attributes.get("href") or "")
        if not number:
            return ""
        return f"\x00{number}\x00{len(self.out)}\x00{attributes.get('href')}"

    def _leave(self, closing: str) -> None:
        if closing.startswith("\x00"):
            _, number, start, href = closing.split("\x00", 3)
            shown = "".join(self.out[int(start) :])[:300]
            self._write(f"[{number}]")
            self._check_text(shown, href, int(number))
        elif closing.startswith("</"):
            self._kept -= 1
            self._pre -= closing == "</pre>"
            self.out.append(closing)
            self._is_fresh = True
        elif closing.startswith("<"):
            self._break(closing)
        elif closing:
            self.out.append(closing)

    def _check_text(self, shown: str, href: str, number: int) -> None:
        """A link whose text is one host and whose target another deceives."""
        claimed = _LOOKS_LIKE_HOST.match(html.unescape(shown))
        if claimed is None or len(self.result.deceptive) >= 20:
            return
        host, target = claimed[1].lower().removeprefix("www."), self._host_of(href).removeprefix("www.")
        if target and target != host and not target.endswith("." + host) and not host.endswith("." + target):
            self.result.deceptive.append((claimed[1], target, number))

    def _image(self, attributes: dict[str, str | None]) -> None:
        source = (attributes.get("src") or "").strip().lower()
        if source.startswith(("http:", "https:", "//")):
            if _is_tiny(attributes):
                self.result.tracking_pixels += 1
                return
            self.result.blocked_images += 1
        alternative = " ".join((attributes.get("alt") or "").split())
        if alternative:
            self._text(alternative[:200])

    def _text(self, text: str) -> None:
        text = _FILLER.sub("", text)
        if not self._pre:
            if not text.strip() and self._is_fresh:
                return
            text = text.replace("\xa0", " ")
        if text:
            self._write(html.escape(text, quote=False))

    def _write(self, text: str) -> None:
        self.out.append(text)
        self._is_fresh = False

    def _break(self, markup: str, *, always: bool = False) -> None:
        """One break between blocks however many of them end and begin there; <br> as often as it stands."""
        if always or not self._is_fresh or (markup == "<p>" and self.out and self.out[-1] != "<p>"):
            self.out.append(markup)
        self._is_fresh = True


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and _HIDDEN_STYLE.search((style or "")[:2000]) is not None


def _is_tiny(attributes: dict[str, str | None]) -> bool:
    return any(
        (attributes.get(side) or "").strip().removesuffix("px") in ("0", "1", "2") for side in ("width", "height")
    )
